/**
 * What all techniques share, as in `ddpm/techniques/shared.py`.
 *
 * All techniques take and return images in [0, 1]. Image number k of a seed is the same image,
 * whatever batch it is sampled in.
 * @module
 */

import * as check from "./arguments.js";
import { LAST_SEED, PER_SEED } from "./noise.js";
import { stepRule } from "./sampling.js";
import { usual as usualSampler } from "./serving.js";
import { cat, count } from "./tensors.js";
import { resampled } from "./timesteps.js";

/**
 * @typedef {import("./model.js").Diffusion} Diffusion
 * @typedef {import("./model.js").Pictures} Pictures
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 * @typedef {import("./sampling.js").State} State
 */

/**
 * One label for all images, one for each, or none.
 * @typedef {number | number[] | null} Labels
 */

/**
 * Pixels in [0, 1], row by row: of one image or of several.
 * @typedef {ArrayLike<number>} Pixels
 */

/**
 * How to sample; what is left out is the recipe's.
 * @typedef {object} HowOptions
 * @property {number | null} [guidance] the scale of classifier-free guidance
 * @property {number | null} [steps] from T to 0
 * @property {string | import("./sampling.js").StepRule | null} [sampler]
 * @property {number} [seed] the images are numbers first, first + 1, ... of this seed
 * @property {number} [first]
 * @property {number} [repeats] each `jump` steps are taken so often (RePaint's resampling)
 * @property {number} [jump]
 * @property {boolean} [clip] clamp each guess of the clean image to the range of images
 */

/** @typedef {HowOptions & import("./model.js").Watching} How */

/**
 * The noise estimate for images start..end - 1, which may depend on how they are sampled.
 * @typedef {(part: [start: number, end: number], how: typeof DEFAULTS) => EpsFn} Estimate
 */

const DEFAULTS = {
  /** @type {number | null} */ guidance: null,
  /** @type {number | null} */ steps: null,
  /** @type {HowOptions["sampler"]} */ sampler: null,
  seed: 0,
  first: 0,
  repeats: 1,
  jump: 1,
  clip: false,
};
const WATCHING = ["batch", "states", "watch", "signal"];

/**
 * What was given, and the defaults for the rest.
 * @param {How} given @param {Partial<typeof DEFAULTS>} [defaults]
 * @returns {typeof DEFAULTS & import("./model.js").Watching}
 * @throws {TypeError|RangeError} an option is unknown or out of range.
 */
export function howTo(given, defaults = {}) {
  const known = [...Object.keys(DEFAULTS), ...WATCHING];
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new TypeError(`unknown '${name}'; there are ${known.join(", ")}`);
    }
  }
  const chosen = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  const how = { ...DEFAULTS, ...defaults, ...Object.fromEntries(chosen) };
  if (how.guidance !== null) check.number("guidance", how.guidance);
  if (how.steps !== null) check.integer("steps", how.steps);
  if (how.sampler) stepRule(how.sampler);
  check.integer("seed", how.seed, 0, LAST_SEED);
  check.integer("first", how.first, 0, PER_SEED - 1);
  check.integer("repeats", how.repeats, 1);
  check.integer("jump", how.jump, 1);
  return how;
}

/**
 * The noise estimate for images start..end - 1 of `images`.
 * @param {Diffusion} model
 * @param {Labels} label
 * @param {number} images
 * @param {[start: number, end: number]} part
 * @param {{ guidance: number | null, steps: number | null }} how
 */
export function epsFor(model, label, images, [start, end], { guidance, steps }) {
  const labels = labelEach(label, images);
  if (labels === null) return model.unlabelled(end - start);
  return model.epsFn(labels.slice(start, end), guidance, { steps });
}

/**
 * A label for each of `images` images.
 * @param {Labels} label
 * @param {number} images
 * @returns {number[] | null}
 */
export function labelEach(label, images) {
  if (label === null || label === undefined) return null;
  /** @type {number[]} */
  const labels =
    typeof label === "number"
      ? new Array(images).fill(check.integer("label", label))
      : check.labels("label", label);
  if (labels.length !== images) {
    throw new RangeError(
      `give one label, or one for each of ${images} images, not ${labels.length}`,
    );
  }
  return labels;
}

/**
 * Images in [0, 1] as the network sees them, a single one n times.
 * @param {Diffusion} model @param {Pixels} image @param {number} [n]
 * @returns {Images}
 * @throws {RangeError} they are of another size or range, or n versions of several are asked for.
 */
export function inRange(model, image, n = 1) {
  const values = Float32Array.from(image);
  const { scaling } = model;
  const pixels = count(scaling.imageShape);
  if (values.length === 0 || values.length % pixels > 0) {
    const shape = scaling.imageShape.join("x");
    throw new RangeError(`an image has ${shape} values, not ${values.length}`);
  }
  const wrong = values.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) {
    throw new RangeError(`an image's values must be within 0..1, not ${wrong}`);
  }
  check.integer("n", n, 1, PER_SEED);
  const given = values.length / pixels;
  if (n > 1 && given > 1) {
    throw new RangeError(`give one image and n versions of it, not ${given} and ${n}`);
  }
  const x0 = scaling.toNetwork({ values, shape: [given, ...scaling.imageShape] });
  return n > 1 ? cat(.../** @type {Images[]} */ (new Array(n).fill(x0))) : x0;
}

/**
 * Samples n images of size x size by estimates that are made for each batch.
 * @param {Diffusion} model @param {number} n
 * @param {Estimate} estimate
 * @param {number} size
 * @param {number} usual the scale of guidance for a model that can be guided
 * @param {How} how
 * @returns {Promise<Pictures>}
 */
export async function drawFromNoise(model, n, estimate, size, usual, how) {
  const scale = model.recipe.label_dropout > 0 ? usual : 1;
  const sampler = usualSampler(model.recipe, "ancestral");
  const options = howTo(how, { sampler, guidance: scale });
  const path = resampled(model.path(options.steps), options.jump, options.repeats);
  return model.collect(n, options, (start, end) =>
    model.states({
      n: end - start,
      path,
      sampler: options.sampler,
      seed: options.seed,
      first: options.first + start,
      epsFn: estimate([start, end], options),
      size,
      clip: options.clip,
    }),
  );
}
