/**
 * Views of an image that leave Gaussian noise what it is, as in `ddpm/techniques/views.py`:
 * orthogonal maps of images (N, C, H, W) in a network's range.
 * @module
 */

import * as check from "./arguments.js";
import { Generator } from "./noise.js";
import { combine, count, map, rearrange } from "./tensors.js";

/** @typedef {import("./tensors.js").Images} Images */

/**
 * A way to look at images, and the way back.
 * @typedef {{ name: string, apply: (x: Images) => Images, undo: (x: Images) => Images }} View
 */

/**
 * A view that undoes itself.
 * @param {string} name
 * @param {(x: Images) => Images} apply
 * @returns {View}
 */
export function itself(name, apply) {
  return { name, apply, undo: apply };
}

/** The photographic negative, where black and white are -1 and 1. */
export const NEGATION = itself("negation", (x) => combine([-1, x]));

/** @param {Images} x @returns {[height: number, width: number]} */
const sides = ({ shape: [, , height, width] }) => [height, width];

/** @type {(up: boolean, left: boolean) => (x: Images) => Images} */
const flip = (up, left) => (x) => {
  const [h, w] = sides(x);
  return rearrange(x, h, w, (i, j) => [up ? h - 1 - i : i, left ? w - 1 - j : j]);
};

/** @type {(x: Images) => Images} */
const counterclockwise = (x) => {
  const [h, w] = sides(x);
  return rearrange(x, w, h, (i, j) => [j, w - 1 - i]);
};

/** @type {(x: Images) => Images} */
const clockwise = (x) => {
  const [h, w] = sides(x);
  return rearrange(x, w, h, (i, j) => [h - 1 - j, i]);
};

/** @type {(x: Images) => Images} */
const transpose = (x) => {
  const [h, w] = sides(x);
  return rearrange(x, w, h, (i, j) => [j, i]);
};

/**
 * The views that need no setting, by the names that commands accept.
 * @type {Record<string, View>}
 */
export const VIEWS = Object.fromEntries(
  [
    itself("identity", (x) => x),
    itself("rotate_180", flip(true, true)),
    itself("flip_vertical", flip(true, false)),
    itself("flip_horizontal", flip(false, true)),
    { name: "rotate_90", apply: counterclockwise, undo: clockwise },
    itself("transpose", transpose),
    NEGATION,
  ].map((each) => [each.name, each]),
);

/**
 * Cuts images into `across` x `across` patches and deals them to each other's places.
 * @param {number} [seed]
 * @param {number} [across]
 * @returns {View}
 */
export function patches(seed = 0, across = 4) {
  check.integer("across", across, 1, 1024);
  const order = new Generator(check.integer("seed", seed, 0, 2 ** 32 - 1)).permutation(across ** 2);
  /** @type {number[]} */
  const inverse = [];
  order.forEach((from, to) => (inverse[from] = to));

  /** @type {(order: number[]) => (x: Images) => Images} */
  const deal = (order) => (x) => {
    const [height, width] = sides(x);
    if (height % across || width % across) {
      throw new RangeError(`${across}x${across} patches do not divide ${height}x${width} pixels`);
    }
    const [h, w] = [height / across, width / across];
    return rearrange(x, height, width, (i, j) => {
      const from = order[Math.floor(i / h) * across + Math.floor(j / w)];
      return [Math.floor(from / across) * h + (i % h), (from % across) * w + (j % w)];
    });
  };
  return { name: `patches:${seed}`, apply: deal(order), undo: deal(inverse) };
}

/**
 * The view of that name: a key of `VIEWS`, or "patches:SEED" (just "patches" for seed 0).
 * @param {string} name
 */
export function view(name) {
  const [, seed] = /^patches:?(\d*)$/.exec(name) ?? [];
  if (seed !== undefined) return patches(Number(seed));
  if (!Object.hasOwn(VIEWS, name)) {
    const known = Object.keys(VIEWS).join(", ");
    throw new RangeError(`unknown view ${check.shown(name)}; there are ${known} and patches:SEED`);
  }
  return VIEWS[name];
}

/**
 * Images in [0, 1] as seen through a view, which acts on a range that is even about 0.
 * @param {Images} images
 * @param {View} chosen
 */
export function through(images, chosen) {
  return map(chosen.apply(map(images, (value) => 2 * value - 1)), (value) => (value + 1) / 2);
}

/**
 * Refuses a view of images (N, channels, size, size) that is not orthogonal: tried on random
 * images, it must be linear, keep all lengths and angles, and lead back.
 * @param {View} view @param {number} size @param {number} [channels]
 * @throws {RangeError} with what is wrong with it.
 */
export function checkView(view, size, channels = 1) {
  /** @type {(reason: string) => never} */
  const refuse = (reason) => {
    throw new RangeError(`the view '${view.name}' is not orthogonal: ${reason}`);
  };
  const generator = new Generator(0);
  const values = channels * size * size;
  const probe = () => ({ values: generator.normal(Math.max(16, values)).slice(0, values), shape });
  /** @type {import("./tensors.js").Shape} */
  const shape = [1, channels, size, size];
  const [a, b] = [probe(), probe()];
  const [seenA, seenB, seenBoth] = [a, b, combine([1, a], [0.5, b])].map(view.apply);
  if (count(seenA.shape) !== values || seenA.shape[2] !== size) {
    refuse(`it makes ${seenA.shape.slice(1).join("x")} of ${shape.slice(1).join("x")}`);
  }
  if (apart(seenBoth, combine([1, seenA], [0.5, seenB])) > 1e-3) {
    refuse("it is not linear, so a view of image plus noise is not view plus view");
  }
  if (Math.abs(dot(seenA, seenA) / dot(a, a) - 1) > 1e-3) {
    refuse("it changes the length of noise, which would not keep its variance of 1");
  }
  if (Math.abs(dot(seenA, seenB) - dot(a, b)) / dot(a, a) > 1e-3) {
    refuse("it mixes pixels, so noise would not stay independent from pixel to pixel");
  }
  if (apart(view.undo(seenA), a) > 1e-3) refuse("its way back does not lead back");
}

/** @param {Images} a @param {Images} b */
function dot(a, b) {
  return a.values.reduce((sum, value, i) => sum + value * b.values[i], 0);
}

/** @param {Images} a @param {Images} b */
function apart(a, b) {
  return a.values.reduce((most, value, i) => Math.max(most, Math.abs(value - b.values[i])), 0);
}
