/**
 * Diffusion of points in the plane, where the score is known: no network is needed. Points are
 * images of two values, (N, 1, 1, 2), so that the one sampling loop takes them.
 * @module
 */

import * as check from "./arguments.js";
import { Generator } from "./noise.js";
import { combine } from "./tensors.js";

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 * @typedef {import("./schedule.js").NoiseSchedule} NoiseSchedule
 * @typedef {{ x: number, y: number, label: number }} Point
 */

// --8<-- [start:exact]
/**
 * The exact noise estimate for data that are Gaussians of width `sigma` around given points.
 *
 * At time t the data are a mixture of Gaussians around sqrt(alpha_bar_t) times each point. The
 * clean image that is expected is the mean of the points' own, each weighted by how likely x comes
 * from it, and the noise follows from it.
 * @param {Point[]} points one or more
 * @param {NoiseSchedule} schedule
 * @param {number} sigma
 * @returns {EpsFn}
 */
export function exactEps(points, schedule, sigma) {
  check.listed("points", points, "points");
  check.number("sigma", sigma, 0);
  return (x, t) => {
    const alphaBar = schedule.alphaBar[t];
    const signal = Math.sqrt(alphaBar);
    const variance = alphaBar * sigma ** 2 + 1 - alphaBar;
    const pull = (signal * sigma ** 2) / variance;
    const values = new Float32Array(x.values.length);
    const distances = new Float64Array(points.length);
    for (let i = 0; i < values.length; i += 2) {
      const [u, v] = [x.values[i], x.values[i + 1]];
      let least = Infinity;
      points.forEach((point, k) => {
        distances[k] = (u - signal * point.x) ** 2 + (v - signal * point.y) ** 2;
        least = Math.min(least, distances[k]);
      });
      let [sum, meanX, meanY] = [0, 0, 0];
      points.forEach((point, k) => {
        const weight = Math.exp((least - distances[k]) / (2 * variance));
        sum += weight;
        meanX += weight * (point.x + pull * (u - signal * point.x));
        meanY += weight * (point.y + pull * (v - signal * point.y));
      });
      const noise = Math.sqrt(1 - alphaBar);
      values[i] = (u - (signal * meanX) / sum) / noise;
      values[i + 1] = (v - (signal * meanY) / sum) / noise;
    }
    return { values, shape: x.shape };
  };
}
// --8<-- [end:exact]

/**
 * Guidance between two estimates: `scale` 0 is the one without a label, 1 the one with it.
 * @param {EpsFn} withLabel @param {EpsFn} without @param {number} scale
 * @returns {EpsFn}
 */
export function between(withLabel, without, scale) {
  if (scale === 1) return withLabel;
  return async (x, t) => {
    const [a, b] = [await withLabel(x, t), await without(x, t)];
    return combine([1, b], [scale, combine([1, a], [-1, b])]);
  };
}

/**
 * Noise for n points; each call draws the next.
 * @param {number} n 8 or more @param {number} seed
 * @returns {() => Images}
 */
export function pointNoise(n, seed) {
  const generator = new Generator(seed);
  return () => ({ values: generator.normal(2 * n), shape: [n, 1, 1, 2] });
}
