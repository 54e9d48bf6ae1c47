/**
 * Hybrid images, as in `ddpm/techniques/hybrids.py`: one digit from a distance, another one up
 * close.
 * @module
 */

import * as check from "./arguments.js";
import { ACROSS, CONTRAST, SHARES } from "./choices.js";
import { BATCH } from "./model.js";
import { drawFromNoise, epsFor, labelEach } from "./shared.js";
import { average, combine, full, joined, map, spread, tiles } from "./tensors.js";

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 * @typedef {import("./schedule.js").NoiseSchedule} NoiseSchedule
 */

/**
 * The low frequencies of images; a linear map at each time t.
 * @typedef {(x: Images, t: number) => Images} Blur
 */

/** The usual scale of guidance, for models that can be guided. */
export const HYBRID_GUIDANCE = 4;

/** Of hybrids of one image: the Gaussian's sigma, as a share of the image's side. */
export const SPLIT = 1.25 / 28;

/**
 * The low frequencies of one estimate and the high frequencies of another (Geng, Park and Owens
 * 2024, "Factorized Diffusion", section 3.1).
 * @param {EpsFn} epsFar @param {EpsFn} epsNear @param {Blur} blur
 * @returns {EpsFn}
 */
export function hybrid(epsFar, epsNear, blur) {
  return async (x, t) => {
    const [far, near] = [await epsFar(x, t), await epsNear(x, t)];
    return combine([1, near], [1, blur(combine([1, far], [-1, near]), t)]);
  };
}

/**
 * Blurs with a Gaussian of `sigma` pixels, cut off at three sigma; outside is the mirror image.
 * @param {number} sigma
 * @returns {Blur}
 */
export function gaussian(sigma) {
  check.number("sigma", sigma, 0);
  if (sigma === 0) return (x) => x;
  const radius = Math.max(1, Math.round(3 * sigma));
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - radius) / sigma) ** 2),
  );
  const sum = kernel.reduce((a, b) => a + b);
  return (x) => {
    const along = convolve(x, kernel, sum, false);
    return convolve(along, kernel, sum, true);
  };
}

/**
 * @param {Images} x
 * @param {number[]} kernel
 * @param {number} sum
 * @param {boolean} down
 * @returns {Images}
 */
function convolve(x, kernel, sum, down) {
  const [, , height, width] = x.shape;
  const radius = (kernel.length - 1) / 2;
  const [side, stride] = down ? [height, width] : [width, 1];
  const mirrored = radius < Math.min(height, width);
  /** @type {(i: number) => number} */
  const inside = (i) => {
    if (mirrored) return i < 0 ? -i : i >= side ? 2 * (side - 1) - i : i;
    return Math.min(Math.max(i, 0), side - 1);
  };
  const result = full(x.shape);
  for (let at = 0; at < x.values.length; at++) {
    const place = Math.floor(at / stride) % side;
    let total = 0;
    for (let k = -radius; k <= radius; k++) {
      total += kernel[k + radius] * x.values[at + (inside(place + k) - place) * stride];
    }
    result.values[at] = total / sum;
  }
  return result;
}

/**
 * A Gaussian whose sigma goes evenly from `first` at t = T to `last` at t = 0.
 * @param {number} first
 * @param {number} last
 * @param {number} T
 * @returns {Blur}
 */
export function moving(first, last, T) {
  return (x, t) => gaussian(last + ((first - last) * t) / T)(x, t);
}

/**
 * A larger canvas: near, `across` x `across` images; from a distance, one of their size. The
 * averages of `across` x `across` pixels are one more image, at a time of its own.
 * @param {EpsFn} epsFar of the averages, (N, C, H, W)
 * @param {EpsFn} epsNear of the tiles, (N * across**2, C, H, W), row by row
 * @param {NoiseSchedule} schedule
 * @param {number} across tiles a side
 * @param {number} contrast the share of its range that the far image is given
 * @param {(t: number) => number} [share] how much the far estimate says of the averages
 * @returns {EpsFn}
 */
export function mosaic(epsFar, epsNear, schedule, across, contrast, share = () => 1) {
  return async (x, t) => {
    const alphaBar = schedule.alphaBar[t];
    const noise = (1 - alphaBar) / (across * contrast) ** 2;
    const kept = alphaBar / (alphaBar + noise);
    const own = Math.max(1, nearest(schedule.alphaBar, kept));
    // The averages over the contrast, scaled to the signal that their own time has.
    const scale = Math.sqrt(kept / alphaBar);
    const seen = combine([scale, map(average(x, across), (value) => value / contrast)]);
    const far = map(await epsFar(seen, own), (value) => value / across);
    const near = joined(await epsNear(tiles(x, across), t), across);
    const change = spread(combine([1, far], [-1, average(near, across)]), across);
    return combine([1, near], [share(t), change]);
  };
}

/**
 * The index of the value nearest to another.
 * @param {Float64Array} values
 * @param {number} wanted
 */
function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = i;
  });
  return best;
}

/**
 * @typedef {object} HybridOptions
 * @property {import("./shared.js").Labels} far what is seen from a distance
 * @property {import("./shared.js").Labels} near what is seen up close
 * @property {number} [n] how many images
 * @property {number} [across] tiles a side; 1 is a single image, split by `blur`
 * @property {number} [contrast] see `mosaic`; not used by a single image
 * @property {[number, number]} [shares] the far estimate's share at t = T and at t = 0
 * @property {Blur | null} [blur] for a single image
 */

/**
 * Samples images that are one digit from a distance and another one up close.
 * @param {import("./model.js").Diffusion} model
 * @param {HybridOptions & import("./shared.js").How} options by default the sampler is ancestral
 *     and the guidance `HYBRID_GUIDANCE`
 */
export async function drawHybrid(
  model,
  { far, near, n = 1, across = ACROSS, contrast = CONTRAST, shares = SHARES, blur = null, ...how },
) {
  const { recipe, schedule, scaling } = model;
  check.integer("n", n, 1);
  check.integer("across", across, 1, 8);
  check.number("contrast", contrast, Number.MIN_VALUE, 1);
  const [atT, at0] = shares.map((share) => check.number("shares", share, 0, 1));

  /** @type {import("./shared.js").Estimate} */
  const estimate = (part, options) => {
    const epsFar = epsFor(model, far, n, part, options);
    if (across === 1) {
      const epsNear = epsFor(model, near, n, part, options);
      return hybrid(epsFar, epsNear, blur ?? gaussian(SPLIT * recipe.scaling.image));
    }
    const each = labelEach(near, n)?.slice(...part) ?? null;
    const labels = each && each.flatMap((y) => new Array(across ** 2).fill(y));
    const count = (part[1] - part[0]) * across ** 2;
    const epsTiles = epsFor(model, labels, count, [0, count], options);
    return mosaic(epsFar, epsTiles, schedule, across, contrast, share);
  };
  /** @type {(t: number) => number} */
  const share = (t) => at0 + ((atT - at0) * t) / recipe.T;

  const batch = Math.max(1, Math.floor(BATCH / across ** 2));
  const all = { batch, ...how };
  return drawFromNoise(model, n, estimate, across * scaling.size, HYBRID_GUIDANCE, all);
}
