/**
 * Inpainting, as in `ddpm/techniques/inpainting.py`: known pixels are kept while the sampler fills
 * in the others.
 * @module
 */

import { served, usual } from "./serving.js";
import { epsFor, howTo, inRange } from "./shared.js";
import { cat, full, slice } from "./tensors.js";
import { resampled } from "./timesteps.js";

/**
 * @typedef {import("./model.js").Diffusion} Diffusion
 * @typedef {import("./tensors.js").Images} Images
 */

/**
 * Holds the known pixels of images while the sampler fills in the others (Lugmayr et al. 2022,
 * "RePaint", equation 8).
 * @param {Images} image in the network's range
 * @param {Images} mask of one channel; 1 where the image is filled in, 0 where it is known
 * @param {import("./schedule.js").NoiseSchedule} schedule
 * @param {() => Images} noise draws noise of the shape of `image`
 * @returns {(x: Images, t: number) => Images} to be given to `sample` as `project`
 */
export function keepKnown(image, mask, schedule, noise) {
  const [, channels, height, width] = image.shape;
  const pixels = height * width;
  return (x, t) => {
    const known = t > 0 ? schedule.addNoise(image, t, noise()) : image;
    const values = x.values.map((value, i) => {
      const pixel = Math.floor(i / (channels * pixels)) * pixels + (i % pixels);
      return mask.values[pixel] > 0.5 ? value : known.values[i];
    });
    return { values, shape: x.shape };
  };
}

const REPEATS = 3;

/**
 * The default path: the recipe's network calls, spent on three walks in a third of its steps.
 * @param {Diffusion} model
 */
export function walks(model) {
  const steps = 1 + Math.floor((model.recipe.steps - 1) / REPEATS);
  const known = served(model.recipe);
  const fewer = known.filter((each) => each <= steps);
  const least = known.length > 0 ? Math.min(...known) : steps;
  return { steps: fewer.length > 0 ? Math.max(...fewer) : least, repeats: REPEATS };
}

/**
 * @typedef {object} InpaintOptions
 * @property {import("./shared.js").Pixels} image one or several images in [0, 1]
 * @property {import("./shared.js").Pixels} mask one, or one for each image; 1 where it is filled
 *     in, 0 where it is known
 * @property {import("./shared.js").Labels} [label] what the whole becomes
 * @property {number} [n] how many versions of a single image
 */

/**
 * Fills in the unknown part of an image so that it goes with the known part.
 * @param {Diffusion} model
 * @param {InpaintOptions & import("./shared.js").How} options by default the sampler is ancestral,
 *     since the known pixels' noise is fresh at every step too; with neither `steps` nor `repeats`,
 *     a third of the recipe's steps are taken three times
 */
export async function inpaint(model, { image, mask, label = null, n = 1, ...how }) {
  const x0 = inRange(model, image, n);
  const images = x0.shape[0];
  const unknown = asMask(model, mask, images);
  const given = (how.steps ?? null) !== null || (how.repeats ?? null) !== null;
  const sampler = usual(model.recipe, "ancestral");
  const options = howTo(how, { sampler, ...(given ? {} : walks(model)) });
  const path = resampled(model.path(options.steps), options.jump, options.repeats);
  return model.collect(images, options, (start, end) => {
    const first = options.first + start;
    const noise = model.noise(end - start, { seed: options.seed, first, stream: 1 });
    const [known, filled] = [slice(x0, start, end), slice(unknown, start, end)];
    return model.states({
      n: end - start,
      path,
      sampler: options.sampler,
      seed: options.seed,
      first,
      epsFn: epsFor(model, label, images, [start, end], options),
      project: keepKnown(known, filled, model.schedule, noise),
      clip: options.clip,
    });
  });
}

/**
 * A mask of zeros and ones for each of `images` images on the network's canvas, 1 outside.
 * @param {Diffusion} model
 * @param {import("./shared.js").Pixels} mask
 * @param {number} [images]
 */
export function asMask(model, mask, images = 1) {
  const { scaling } = model;
  const values = Float32Array.from(mask);
  const pixels = scaling.image ** 2;
  const given = values.length / pixels;
  const wrong = values.find((value) => value !== 0 && value !== 1);
  if (wrong !== undefined) {
    throw new RangeError(
      `a mask holds 0 where the image is known and 1 where it is new, not ${wrong}`,
    );
  }
  if (given !== 1 && given !== images) {
    throw new RangeError(`give one mask of ${pixels} pixels, or one for each of ${images} images`);
  }
  const padded = full([given, 1, scaling.size, scaling.size], 1);
  padded.values.set(
    scaling.pad({ values, shape: [given, 1, scaling.image, scaling.image] }, 1).values,
  );
  return given === images ? padded : cat(.../** @type {Images[]} */ (Array(images).fill(padded)));
}
