/**
 * A picture of one's own on its way to 28x28 pixels, as in `ddpm/images.py`.
 * @module
 */

/** @typedef {{ pixels: Float32Array, width: number, height: number }} Grey */

/**
 * A grey picture as a network's, with the steps on the way.
 * @param {Grey} picture
 * @returns {{ image: Float32Array, steps: (Grey & { name: string })[] }}
 */
export function bring(picture) {
  return { image: picture.pixels, steps: [] };
}
