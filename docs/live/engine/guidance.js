/**
 * From a network that wants a time and labels to the plain noise estimate of a sampler, as in
 * `ddpm/guidance.py`.
 * @module
 */

import * as check from "./arguments.js";
import { cat, combine, slice } from "./tensors.js";

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 */

/**
 * What the network predicts for images (N, C, H, W) at one time, and labels, one for each image.
 * @typedef {(x: Images, t: number, labels: number[] | null) => Images | Promise<Images>} Network
 */

/**
 * Binds labels to a network: the sampler that gets the result never sees them.
 * @param {Network} network
 * @param {number[] | null} [labels]
 * @returns {EpsFn}
 */
export function condition(network, labels = null) {
  return (x, t) => network(x, t, labels);
}

/**
 * Classifier-free guidance (Ho and Salimans 2022): asks with the labels and without them, as one
 * batch of 2 N images. The estimate is `without + scale * (withLabel - without)`; 1 is no guidance.
 * @param {Network} network @param {number[]} labels
 * @param {number} nullLabel the label that stands for "no label"
 * @param {number} scale
 * @returns {EpsFn}
 */
export function guided(network, labels, nullLabel, scale) {
  check.number("scale", scale);
  const both = condition(network, [...labels, ...labels.map(() => nullLabel)]);
  return async (x, t) => {
    const answer = await both(cat(x, x), t);
    const n = x.shape[0];
    const [withLabel, without] = [slice(answer, 0, n), slice(answer, n, 2 * n)];
    return combine([1, without], [scale, combine([1, withLabel], [-1, without])]);
  };
}

/**
 * Turns an estimate of another kind into one of the noise, which is what samplers take.
 * @param {EpsFn} estimate what the network predicts
 * @param {"eps" | "x0" | "v"} predicts
 * @param {import("./schedule.js").NoiseSchedule} schedule of the network
 * @returns {EpsFn}
 */
export function asEps(estimate, predicts, schedule) {
  check.choice("predicts", predicts, ["eps", "x0", "v"]);
  if (predicts === "eps") return estimate;
  return async (x, t) => {
    const predicted = await estimate(x, t);
    return predicts === "x0"
      ? schedule.epsFromX0(x, t, predicted)
      : schedule.epsFromV(x, t, predicted);
  };
}
