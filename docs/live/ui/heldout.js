/**
 * Ten digits that no model has seen, one of each label.
 * @module
 */

import { el } from "./dom.js";
import { SIDE } from "./pad.js";

const PIXELS = SIDE * SIDE;
const HELD_OUT = new URL("../../assets/live/held-out.png", import.meta.url);

/** Ten held-out digits, fetched when they are asked for first. @type {Promise<Float32Array> | null} */
let fetched = null;

/** The ten digits, one after the other. @returns {Promise<Float32Array>} */
function all() {
  fetched ??= (async () => {
    const image = new Image();
    image.src = HELD_OUT.href;
    await image.decode();
    const context = el("canvas", { width: 10 * SIDE, height: SIDE }).getContext("2d");
    const pixels = new Float32Array(10 * PIXELS);
    if (!context) return pixels;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, 10 * SIDE, SIDE);
    for (let i = 0; i < pixels.length; i++) {
      const [k, y, x] = [Math.floor(i / PIXELS), Math.floor((i % PIXELS) / SIDE), i % SIDE];
      pixels[i] = data[4 * (y * 10 * SIDE + k * SIDE + x)] / 255;
    }
    return pixels;
  })();
  fetched.catch(() => (fetched = null));
  return fetched;
}

/** A held-out digit, 28x28 pixels in [0, 1]. @param {number} label @returns {Promise<Float32Array>} */
export async function heldOut(label) {
  return (await all()).slice(label * PIXELS, (label + 1) * PIXELS);
}
