/**
 * Denoising, as in `ddpm/techniques/denoising.py`: from an image with noise back to a clean one, in
 * one step or in many.
 * @module
 */

import * as check from "./arguments.js";
import { ddim } from "./sampling.js";
import { epsFor, howTo, inRange } from "./shared.js";
import { slice } from "./tensors.js";
import { fromTime, resampled } from "./timesteps.js";

/**
 * @typedef {import("./model.js").Diffusion} Diffusion
 * @typedef {import("./tensors.js").Images} Images
 */

/**
 * Images with the noise of time t, in the network's range.
 * @param {Diffusion} model
 * @param {object} options
 * @param {import("./shared.js").Pixels} options.image one or several images in [0, 1]
 * @param {number} options.t 0..T
 * @param {number} [options.seed] @param {number} [options.first]
 */
export function addNoise(model, { image, t, seed = 0, first = 0 }) {
  const x0 = inRange(model, image);
  return model.schedule.addNoise(x0, t, model.noise(x0.shape[0], { seed, first })());
}

/**
 * @typedef {object} DenoiseOptions
 * @property {Images} noisy in the network's range, as `addNoise` makes them
 * @property {number} t their time, 0..T
 * @property {import("./shared.js").Labels} [label] what they are
 * @property {boolean} [once] answer with the first guess of the clean image: one network call
 */

/**
 * Takes the noise off images at time t.
 * @param {Diffusion} model
 * @param {DenoiseOptions & import("./shared.js").How} options `steps` counts the whole way from T,
 *     of which the part below t is taken
 */
export async function denoise(model, { noisy, t, label = null, once = false, ...how }) {
  const options = howTo(how);
  const { T } = model.recipe;
  check.integer("t", t, 0, T);
  const images = noisy.shape[0];
  const down = fromTime(once ? [T, 0] : model.path(options.steps), t);
  const path = resampled(down, options.jump, options.repeats);
  return model.collect(images, options, (start, end) =>
    model.states({
      x: slice(noisy, start, end),
      path,
      sampler: once ? ddim : options.sampler,
      seed: options.seed,
      first: options.first + start,
      epsFn: epsFor(model, label, images, [start, end], options),
      clip: options.clip,
    }),
  );
}
