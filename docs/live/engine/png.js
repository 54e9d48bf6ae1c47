/**
 * Grey of 16 bits from a PNG file, of which a browser keeps the upper eight.
 * @module
 */

import { round } from "./timesteps.js";

const SIGNATURE = 0x89504e470d0a1a0an;
const HEADER = 25;
const GREY_OF_16_BITS = 0x1000;
const DATA = 0x49444154; // "IDAT"

/** Where the pixels of each pass begin, and how far apart they are: x, y. */
const AT_ONCE = [[0, 0, 1, 1]];
const INTERLACED = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * The pixels of a PNG of 16-bit grey as bytes, the least 0 and the largest 255, as
 * `ddpm/reader.py` has them; null for every other file.
 * @param {Blob} file
 * @returns {Promise<Uint8Array | null>}
 * @throws {Error} the file is damaged.
 */
export async function wideGrey(file) {
  const head = new DataView(await file.slice(0, 8 + HEADER).arrayBuffer());
  if (head.byteLength < 8 + HEADER || head.getBigUint64(0) !== SIGNATURE) return null;
  if (head.getUint16(24) !== GREY_OF_16_BITS) return null;
  const [width, height] = [head.getUint32(16), head.getUint32(20)];
  const values = new Uint16Array(width * height);
  const raw = await inflated(file);
  let at = 0;
  for (const [left, top, right, down] of head.getUint8(28) ? INTERLACED : AT_ONCE) {
    const length = 2 * Math.ceil((width - left) / right);
    if (length <= 0) continue;
    let above = new Uint8Array(length);
    for (let y = top; y < height; y += down) {
      const [filter, line] = [raw[at], raw.subarray(at + 1, at + 1 + length)];
      at += 1 + length;
      unfilter(filter, line, above);
      for (let x = left, i = 0; x < width; x += right, i += 2) {
        values[y * width + x] = (line[i] << 8) | line[i + 1];
      }
      above = line;
    }
  }
  if (at > raw.length) throw new Error("this picture is damaged: its file ends too early");
  const [low, high] = values.reduce(
    ([least, most], v) => [Math.min(least, v), Math.max(most, v)],
    [Infinity, 0],
  );
  return Uint8Array.from(values, (v) => round(((v - low) * 255) / Math.max(high - low, 1)));
}

/** The lines of a PNG, still filtered. @param {Blob} file */
async function inflated(file) {
  const bytes = new DataView(await file.arrayBuffer());
  /** @type {Blob[]} */
  const parts = [];
  for (let at = 8; at + 8 <= bytes.byteLength; at += 12 + bytes.getUint32(at)) {
    if (bytes.getUint32(at + 4) !== DATA) continue;
    parts.push(file.slice(at + 8, at + 8 + bytes.getUint32(at)));
  }
  const lines = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new Uint8Array(await new Response(lines).arrayBuffer());
  } catch (cause) {
    throw new Error("this picture is damaged: its pixels cannot be unpacked", { cause });
  }
}

/**
 * What a line was before it was predicted from its neighbours (PNG specification, section 9).
 * @param {number} filter @param {Uint8Array} line changed in place @param {Uint8Array} above
 */
function unfilter(filter, line, above) {
  for (let i = 0; i < line.length; i++) {
    const [a, b, c] = i < 2 ? [0, above[i], 0] : [line[i - 2], above[i], above[i - 2]];
    if (filter === 1) line[i] += a;
    else if (filter === 2) line[i] += b;
    else if (filter === 3) line[i] += (a + b) >> 1;
    else if (filter === 4) {
      const [toA, toB, toC] = [b - c, a - c, a + b - 2 * c].map(Math.abs);
      line[i] += toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
    }
  }
}
