/**
 * The way to and from a network's range, as in `ddpm/data.py`.
 * @module
 */

import { full, map } from "./tensors.js";

/** @typedef {import("./tensors.js").Images} Images */

/** How an image becomes what a network sees: padded with background, shifted and scaled. */
export class Scaling {
  /**
   * @param {object} values
   * @param {number} values.size side of the network's canvas in pixels, `image` or more
   * @param {number} values.mean @param {number} values.std the network sees (image - mean) / std
   * @param {number} values.image side of the images in pixels
   * @param {number} values.channels 1 for grey, 3 for colour
   */
  constructor({ size, mean, std, image, channels }) {
    this.size = size;
    this.mean = mean;
    this.std = std;
    this.image = image;
    this.channels = channels;
  }

  /** What the network sees of one image. @returns {[number, number, number]} */
  get shape() {
    return [this.channels, this.size, this.size];
  }

  /** One image. @returns {[number, number, number]} */
  get imageShape() {
    return [this.channels, this.image, this.image];
  }

  /** The background beside an image on the canvas: left and top. */
  get border() {
    return Math.floor((this.size - this.image) / 2);
  }

  /** From images in [0, 1] to the network's canvas. @param {Images} images @returns {Images} */
  toNetwork(images) {
    const [mean, std] = [Math.fround(this.mean), Math.fround(this.std)];
    return map(this.pad(images), (value) => Math.fround(value - mean) / std);
  }

  /**
   * Images on the canvas, with `outside` around them.
   * @param {Images} images
   * @param {number} [outside]
   * @returns {Images}
   */
  pad(images, outside = 0) {
    const [n, channels] = images.shape;
    const padded = full([n, channels, this.size, this.size], outside);
    for (let row = 0; row < n * channels * this.image; row++) {
      const plane = Math.floor(row / this.image);
      const y = plane * this.size + (row % this.image) + this.border;
      const values = images.values.subarray(row * this.image, (row + 1) * this.image);
      padded.values.set(values, y * this.size + this.border);
    }
    return padded;
  }

  /**
   * Clamped to the values that images can have, black to white.
   * @param {Images} x
   * @returns {Images}
   */
  clip(x) {
    const [low, high] = [-this.mean / this.std, (1 - this.mean) / this.std].map(Math.fround);
    return map(x, (value) => (value < low ? low : value > high ? high : value));
  }

  /**
   * From the network's range to images clamped to [0, 1]; a larger canvas loses its border.
   * @param {Images} x
   * @returns {Images}
   */
  toImages(x) {
    const [n, channels, height, width] = x.shape;
    const lost = this.size - this.image;
    const images = full([n, channels, height - lost, width - lost]);
    const [mean, std] = [Math.fround(this.mean), Math.fround(this.std)];
    let to = 0;
    for (let plane = 0; plane < n * channels; plane++) {
      for (let y = 0; y < height - lost; y++) {
        let from = (plane * height + y + this.border) * width + this.border;
        for (let k = 0; k < width - lost; k++) {
          const value = Math.fround(Math.fround(x.values[from++] * std) + mean);
          images.values[to++] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
      }
    }
    return images;
  }
}
