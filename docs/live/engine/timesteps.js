/**
 * Which times a sampler visits, as in `ddpm/timesteps.py`: plain whole numbers, from noise to 0.
 * @module
 */

import * as check from "./arguments.js";

/** Times of a path; more are a mistake. */
export const LONGEST = 1_000_000;

/** A number rounded as Python rounds: halves go to the even neighbour. @param {number} value */
export function round(value) {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}

/** All times T, T - 1, ..., 1, 0. @param {number} T */
export function every(T) {
  check.integer("T", T, 1, LONGEST);
  return Array.from({ length: T + 1 }, (_, i) => T - i);
}

/**
 * `steps` transitions from T to 0 with strides as even as possible.
 * @param {number} T
 * @param {number} steps
 */
export function strided(T, steps) {
  checkSteps(T, steps);
  return Array.from({ length: steps + 1 }, (_, i) => round((T * (steps - i)) / steps));
}

/**
 * `steps` transitions by one stride, T // steps, that end with 1 and 0.
 * @param {number} T
 * @param {number} steps
 */
export function uniform(T, steps) {
  checkSteps(T, steps);
  const stride = Math.floor(T / steps);
  return [...Array.from({ length: steps }, (_, i) => (steps - 1 - i) * stride + 1), 0];
}

/**
 * `steps` transitions whose strides shrink evenly (Song et al. 2021, appendix D.2).
 * @param {number} T
 * @param {number} steps
 */
export function quadratic(T, steps) {
  checkSteps(T, steps);
  return Array.from({ length: steps + 1 }, (_, k) => {
    const i = steps - k;
    // Near 0 the squares lie closer than whole numbers do: there every time is visited.
    return Math.max(i, round(T * ((i / steps) * (i / steps))));
  });
}

/**
 * The ways to choose the times, by name; "trailing" always begins at T.
 * @type {Record<string, (T: number, steps: number) => number[]>}
 */
export const SPACINGS = { trailing: strided, uniform, quadratic };

/** @param {number} T @param {number} steps */
function checkSteps(T, steps) {
  check.integer("steps", steps, 1, check.integer("T", T, 1, LONGEST));
}

/** The part of a falling path that begins at t. @param {number[]} path @param {number} t */
export function fromTime(path, t) {
  check.times("path", path);
  check.integer("t", t, 0, path[0]);
  return [t, ...path.filter((s) => s < t)];
}

/**
 * A path whose every `jump` transitions are taken `repeats` times, and the last one once
 * (Lugmayr et al. 2022, "RePaint", section 4.2).
 * @param {number[]} path @param {number} jump @param {number} repeats
 */
export function resampled(path, jump, repeats) {
  check.times("path", path);
  check.integer("jump", jump, 1);
  check.integer("repeats", repeats, 1, Math.floor(LONGEST / path.length));
  const visited = [path[0]];
  const last = path.length - 2;
  let start = 0;
  for (let end = last % jump || jump; end <= last; end += jump) {
    const walk = path.slice(start + 1, end + 1);
    visited.push(...walk);
    for (let k = 1; k < repeats; k++) visited.push(path[start], ...walk);
    start = end;
  }
  return [...visited, ...path.slice(start + 1)];
}
