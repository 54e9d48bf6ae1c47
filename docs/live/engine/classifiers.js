/**
 * The small classifier that reads digits, as in `ddpm/classifiers.py`.
 * @module
 */

import * as check from "./arguments.js";

/** Pixels of the images that it takes: MNIST's 28x28, in grey. */
const PIXELS = 28 * 28;

/**
 * What it makes of one image.
 * @typedef {object} Reading
 * @property {number} digit the digit that the image looks most like
 * @property {number} certainty the share of that digit, 0..1
 * @property {number[]} shares one for each digit, which add up to 1
 */

/** A convolutional network that reads digits. */
export class Classifier {
  /** @param {import("./guidance.js").Network} network answers with ten logits for an image */
  constructor(network) {
    this.network = network;
  }

  /**
   * Reads images in [0, 1], one after the other, 28x28 pixels each.
   * @param {ArrayLike<number>} images
   * @returns {Promise<Reading[]>}
   */
  async read(images) {
    const values = Float32Array.from(images);
    const n = check.integer("the number of images", values.length / PIXELS, 1);
    const { values: logits } = await this.network({ values, shape: [n, 1, 28, 28] }, 0, null);
    return Array.from({ length: n }, (_, k) => reading(logits.subarray(10 * k, 10 * k + 10)));
  }
}

/** @param {Float32Array} logits @returns {Reading} */
function reading(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b);
  const shares = powers.map((power) => power / sum);
  const certainty = Math.max(...shares);
  return { digit: shares.indexOf(certainty), certainty, shares };
}
