/**
 * Pictures to keep: PNG by the browser, GIF by gifenc, which is fetched when it is needed.
 * @module
 */

import { bytesOf } from "./paint.js";

/** @typedef {import("./paint.js").Sheet} Sheet */
/** @typedef {{ bytes: Uint8ClampedArray, width: number, height: number }} Grey */

/** Pixels a side that a picture has at least. */
const WANTED = 448;
const HOLD = 1200;

/** Each pixel as a square of `by` pixels. @param {Grey} grey @param {number} by @returns {Grey} */
function enlarged({ bytes, width, height }, by) {
  const large = new Uint8ClampedArray(width * height * by * by);
  for (let y = 0; y < height * by; y++) {
    for (let x = 0; x < width * by; x++) {
      large[y * width * by + x] = bytes[Math.floor(y / by) * width + Math.floor(x / by)];
    }
  }
  return { bytes: large, width: width * by, height: height * by };
}

/** @param {{ width: number, height: number }} size */
const factor = ({ width, height }) => Math.max(1, Math.ceil(WANTED / Math.max(width, height)));

/**
 * A PNG of grey pixels, enlarged unless it is wanted as it is.
 * @param {Grey} grey @param {boolean} [exact]
 * @returns {Promise<Blob>}
 */
export async function png(grey, exact = false) {
  const { bytes, width, height } = exact ? grey : enlarged(grey, factor(grey));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const data = new ImageData(width, height);
  bytes.forEach((byte, i) => data.data.set([byte, byte, byte, 255], 4 * i));
  canvas.getContext("2d")?.putImageData(data, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG can be made")))),
  );
}

/**
 * A GIF of grey frames, which rests on its last one.
 * @param {Grey[]} frames of one size @param {number} [delay] milliseconds
 * @returns {Promise<Blob>}
 */
export async function gif(frames, delay = 80) {
  /** @type {any} */
  const { GIFEncoder } = await import(new URL("../runtime/gifenc.esm.js", import.meta.url).href);
  const encoder = GIFEncoder();
  const palette = Array.from({ length: 256 }, (_, k) => [k, k, k]);
  frames.forEach((frame, k) => {
    const { bytes, width, height } = enlarged(frame, Math.min(8, factor(frame)));
    const last = k === frames.length - 1;
    encoder.writeFrame(bytes, width, height, {
      palette: k === 0 ? palette : undefined,
      delay: last ? HOLD : delay,
    });
  });
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}

/** A sheet as grey pixels. @param {Sheet} sheet @param {number} [columns] @returns {Grey} */
export const grey = (sheet, columns) => bytesOf(sheet, columns);

/** Hands a file to the reader. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
