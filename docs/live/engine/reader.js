/**
 * The pixels of a picture from outside in grey, as in `ddpm/reader.py`: transparency and colour
 * become visible. The browser decodes the file and turns it upright.
 * @module
 */

import { median, plane } from "./morphology.js";

/** @typedef {import("./morphology.js").Plane} Plane */

/**
 * A picture in colour: four bytes a pixel, red, green, blue and alpha, row by row.
 * @typedef {{ data: ArrayLike<number>, width: number, height: number }} Colours
 */

/** Alpha from which a pixel's colour counts, and below which it is background. */
const [OPAQUE, CLEAR] = [128, 16];

/**
 * A picture in grey, (height, width) in [0, 1].
 *
 * Of a picture in one colour on a transparent background, grey is its alpha: bright ink on black.
 * Other transparent pictures are laid on black or white, whichever differs more from them.
 * Where the colours differ and their brightness does not, grey is the difference of the colours.
 * @param {Colours} colours
 * @returns {Plane}
 * @throws {RangeError} it has fewer than two pixels a side.
 */
export function readImage({ data, width, height }) {
  if (Math.min(width, height) < 2) {
    throw new RangeError(`this picture has ${width}x${height} pixels: there is nothing in it`);
  }
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3];
  const [least, most] = range(alpha);
  if (most === 0) return plane(width, height); // nothing is visible
  if (least === most) return grey(data, width, height);
  const solid = visible(data, alpha, Math.min(OPAQUE, most));
  const typical = [0, 1, 2].map((channel) => median(solid.map((pixel) => pixel[channel])));
  const near = solid.filter((pixel) => pixel.every((v, k) => Math.abs(v - typical[k]) < 32));
  if (near.length > 0.95 * solid.length && least < CLEAR) {
    return { values: Float32Array.from(alpha, (value) => value / 255), width, height };
  }
  const sum = solid.reduce((total, [r, g, b]) => total + r + g + b, 0);
  const paper = sum / (3 * solid.length) > 127 ? 0 : 255;
  const laid = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const share = alpha[i >> 2] / 255;
    laid[i] = Math.round(share * data[i] + (1 - share) * paper);
  }
  return grey(laid, width, height);
}

/** The colours of pixels that are opaque enough, at most 100,000. @param {ArrayLike<number>} data @param {Uint8Array} alpha @param {number} enough */
function visible(data, alpha, enough) {
  const all = alpha.reduce((count, value) => count + Number(value >= enough), 0);
  const every = Math.ceil(all / 100_000);
  /** @type {number[][]} */
  const found = [];
  for (let i = 0, seen = 0; i < alpha.length; i++) {
    if (alpha[i] < enough || seen++ % every) continue;
    found.push([data[4 * i], data[4 * i + 1], data[4 * i + 2]]);
  }
  return found;
}

/** Brightness; or where colours differ much more than it does, the main difference of colours. @param {ArrayLike<number>} data @param {number} width @param {number} height */
function grey(data, width, height) {
  const small = thumbnail(data, width, height);
  const axis = mainDifference(small);
  /** @type {(r: number, g: number, b: number) => number} */
  let level = (r, g, b) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16; // as Pillow has it
  if (axis) {
    const place = (/** @type {number[]} */ pixel) => pixel.reduce((s, v, k) => s + v * axis[k], 0);
    const values = small.pixels.map(place);
    let [low, high] = range(values);
    if (median(borderOf(values, small.width)) > (low + high) / 2) [low, high] = [high, low];
    const scale = 255 / (high - low);
    level = (r, g, b) => Math.min(255, Math.max(0, Math.round(scale * (place([r, g, b]) - low))));
  }
  const result = plane(width, height);
  for (let i = 0; i < result.values.length; i++) {
    result.values[i] = level(data[4 * i], data[4 * i + 1], data[4 * i + 2]) / 255;
  }
  return result;
}

/** The direction in which colours differ; null where brightness tells them apart. @param {{ pixels: number[][], width: number }} small */
function mainDifference({ pixels, width }) {
  // Uneven light is no contrast: only what differs from the surroundings counts.
  const around = [0, 1, 2].map((channel) => blurred(pixels, width, channel));
  const products = [0, 1, 2].map(() => [0, 0, 0]);
  pixels.forEach((pixel, i) => {
    const local = pixel.map((value, channel) => value - around[channel][i]);
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) products[a][b] += local[a] * local[b];
  });
  const { axis, spread } = largest(products);
  if (luminance(products) >= 0.03 * spread || spread < pixels.length * 4) return null;
  return axis;
}

/** How much the brightness differs, squared. @param {number[][]} products */
function luminance(products) {
  const weights = [0.299, 0.587, 0.114];
  return products.flatMap((row, a) => row.map((v, b) => v * weights[a] * weights[b])).reduce(add);
}

/** The largest eigenvalue of a symmetric 3x3 matrix and its vector, by squaring. @param {number[][]} matrix */
function largest(matrix) {
  let power = matrix;
  for (let turn = 0; turn < 16; turn++) {
    const most = Math.max(...power.flat().map(Math.abs));
    if (most === 0) return { axis: [0, 0, 0], spread: 0 };
    const scaled = power.map((row) => row.map((value) => value / most));
    power = scaled.map((row) =>
      [0, 1, 2].map((b) => row.reduce((sum, value, k) => sum + value * scaled[k][b], 0)),
    );
  }
  const longest = power.reduce((a, b) => (Math.hypot(...b) > Math.hypot(...a) ? b : a));
  const axis = longest.map((value) => value / Math.hypot(...longest));
  const spread = axis.map((v, a) => v * matrix[a].map((w, b) => w * axis[b]).reduce(add)).reduce(add);
  return { axis, spread };
}

/** A picture of at most 256 pixels a side, each the mean of those it stands for. @param {ArrayLike<number>} data @param {number} width @param {number} height */
function thumbnail(data, width, height) {
  const scale = Math.min(1, 256 / Math.max(width, height));
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const sums = new Float64Array(3 * across * down);
  const counts = new Uint32Array(across * down);
  for (let i = 0; i < width * height; i++) {
    const x = Math.floor((((i % width) + 0.5) * across) / width);
    const y = Math.floor(((Math.floor(i / width) + 0.5) * down) / height);
    const at = y * across + x;
    counts[at] += 1;
    for (let k = 0; k < 3; k++) sums[3 * at + k] += data[4 * i + k];
  }
  const pixels = Array.from(counts, (count, at) =>
    [0, 1, 2].map((k) => Math.round(sums[3 * at + k] / count)),
  );
  return { pixels, width: across };
}

const RADIUS = 32;

/** A channel's mean over the square around each pixel; the border goes on outside. @param {number[][]} pixels @param {number} width @param {number} channel */
function blurred(pixels, width, channel) {
  const height = pixels.length / width;
  const rows = pixels.map((pixel) => pixel[channel]);
  const means = along(rows, width, height, width, 1);
  return along(means, height, width, 1, width);
}

/** Means over a line, for all lines. @param {number[]} values @param {number} length @param {number} lines @param {number} next from line to line @param {number} step along a line */
function along(values, length, lines, next, step) {
  const means = Array(values.length).fill(0);
  for (let line = 0; line < lines; line++) {
    const at = (/** @type {number} */ k) =>
      line * next + step * Math.min(Math.max(k, 0), length - 1);
    let sum = 0;
    for (let k = -RADIUS; k <= RADIUS; k++) sum += values[at(k)];
    for (let k = 0; k < length; k++) {
      means[at(k)] = sum / (2 * RADIUS + 1);
      sum += values[at(k + RADIUS + 1)] - values[at(k - RADIUS)];
    }
  }
  return means;
}

/** The values on the border, those of the corners twice. @param {number[]} values @param {number} width */
function borderOf(values, width) {
  const sides = values.flatMap((value, i) =>
    Array(Number(i % width === 0) + Number(i % width === width - 1)).fill(value),
  );
  return Float64Array.from([...values.slice(0, width), ...values.slice(-width), ...sides]);
}

/** @param {ArrayLike<number>} values */
function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** @param {number} a @param {number} b */
const add = (a, b) => a + b;
