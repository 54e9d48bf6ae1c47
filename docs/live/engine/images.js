/**
 * A picture of one's own on its way to a network's 28x28 pixels, as in `ddpm/images.py`.
 * @module
 */

import { findInk } from "./ink.js";
import { cropped, mapped, median, plane } from "./morphology.js";

/** @typedef {import("./morphology.js").Plane} Plane */

/** Pixels in which the ink is looked for; larger images are first reduced by a whole number. */
const MOST = 1_500_000;

/**
 * The square of an image that a network gets.
 * @typedef {{ left: number, top: number, cut: number }} Frame
 */

/**
 * The square around the ink, as MNIST was made: the longer side of the ink becomes 20/28 of the
 * square's, and its centre of mass comes to the middle.
 * @param {Plane} ink
 * @returns {Frame}
 */
export function frame({ values, width, height }) {
  const [rows, columns] = [new Float64Array(height), new Float64Array(width)];
  const [inRows, inColumns] = [new Float64Array(height), new Float64Array(width)];
  values.forEach((v, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    rows[y] = Math.max(rows[y], v);
    columns[x] = Math.max(columns[x], v);
    inRows[y] += v;
    inColumns[x] += v;
  });
  let [middleX, middleY, cut] = [width / 2, height / 2, Math.max(width, height)];
  if (rows.some((v) => v > 0.5)) {
    cut = (Math.max(extentOf(rows), extentOf(columns)) * 28) / 20;
    [middleY, middleX] = [inRows, inColumns].map(centre);
  }
  return { left: middleX - cut / 2, top: middleY - cut / 2, cut };
}

/** @param {Float64Array} weights */
function centre(weights) {
  const sum = weights.reduce((a, b) => a + b);
  return weights.reduce((total, weight, i) => total + weight * (i + 0.5), 0) / sum;
}

/** How many pixels of a row are ink from first to last, edges by their share. @param {Float64Array} profile */
function extentOf(profile) {
  const first = profile.findIndex((v) => v > 0.5);
  const last = profile.findLastIndex((v) => v > 0.5);
  const edges =
    (profile[first - 1] ?? 0) + profile[first] + profile[last] + (profile[last + 1] ?? 0);
  return Math.max(1, last - first - 1 + edges);
}

/** A square of an image, reduced by averaging. @param {Plane} p @param {Frame} frame @param {number} side @returns {Plane} */
function cutOut({ values, width, height }, { left, top, cut }, side) {
  const small = plane(side, side);
  const rows = shares(top, cut, side, height);
  const columns = shares(left, cut, side, width);
  rows.forEach((row, r) => {
    columns.forEach((column, c) => {
      let sum = 0;
      for (const [y, ofRow] of row) {
        for (const [x, ofColumn] of column) sum += ofRow * ofColumn * values[y * width + x];
      }
      small.values[r * side + c] = sum;
    });
  });
  return small;
}

/**
 * Which share each pixel of a row has in the mean of each cell of a part of it.
 * @param {number} start @param {number} length @param {number} cells @param {number} pixels
 */
function shares(start, length, cells, pixels) {
  return Array.from({ length: cells }, (_, k) => {
    const [from, to] = [start + (k * length) / cells, start + ((k + 1) * length) / cells];
    /** @type {[place: number, share: number][]} */
    const part = [];
    for (let at = Math.max(0, Math.floor(from)); at < Math.min(pixels, Math.ceil(to)); at++) {
      const overlap = Math.min(to, at + 1) - Math.max(from, at);
      if (overlap > 0) part.push([at, (overlap * cells) / length]);
    }
    return part;
  });
}

/** Reduced by averaging to at most `MOST` pixels, in bytes. @param {Plane} p @returns {Plane} */
function reduced(p) {
  const by = Math.ceil(Math.sqrt((p.width * p.height) / MOST));
  if (by <= 1) return p;
  const small = plane(Math.ceil(p.width / by), Math.ceil(p.height / by));
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const [bottom, right] = [Math.min(p.height, (y + 1) * by), Math.min(p.width, (x + 1) * by)];
      let [sum, count] = [0, 0];
      for (let v = y * by; v < bottom; v++) {
        for (let u = x * by; u < right; u++, count++) sum += p.values[v * p.width + u];
      }
      small.values[y * small.width + x] = Math.round((255 * sum) / count) / 255;
    }
  }
  return small;
}

/**
 * A grey picture as a network's: (size, size) in [0, 1], bright ink on black, with the steps on the
 * way to it.
 * @param {Plane} picture @param {number} [size]
 * @returns {{ image: Float32Array, steps: (Plane & { name: string })[] }}
 * @throws {RangeError} it is all of one level.
 */
export function bring(picture, size = 28) {
  const [low, high] = picture.values.reduce(
    ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
    [1, 0],
  );
  if (high - low < 0.05) {
    throw new RangeError("the image is one flat grey: there is nothing to draw from");
  }
  if (picture.width === size && picture.height === size) {
    const edge = picture.values.filter((_, i) => {
      const [y, x] = [Math.floor(i / size), i % size];
      return y === 0 || x === 0 || y === size - 1 || x === size - 1;
    });
    const bright = median(edge) > 0.5 ? mapped(picture, (v) => 1 - v) : picture;
    return { image: bright.values, steps: [{ ...bright, name: `${size} × ${size} pixels` }] };
  }
  const small = reduced(picture);
  let contrast = small;
  const ink = findInk(small, (seen) => (contrast = seen));
  const place = frame(ink);
  const cut = mapped(cutOut(ink, place, size), (v) => Math.min(Math.max(v, 0), 1));
  const most = Math.max(
    cut.values.reduce((a, b) => Math.max(a, b)),
    0.1,
  );
  const image = mapped(cut, (v) => v / most);
  const steps = [
    { ...small, name: "1. Grey" },
    { ...contrast, name: "2. Contrast to the paper" },
    { ...ink, name: "3. Ink" },
    { ...square(ink, place), name: "4. Square around it" },
    { ...image, name: `5. ${size} × ${size} pixels` },
  ];
  return { image: image.values, steps };
}

/** What of a plane lies in a square, with black around it. @param {Plane} p @param {Frame} frame */
function square(p, { left, top, cut }) {
  const side = Math.max(1, Math.round(cut));
  const result = plane(side, side);
  const [x0, y0] = [Math.round(left), Math.round(top)];
  const box = {
    top: Math.max(0, y0),
    bottom: Math.min(p.height, y0 + side),
    left: Math.max(0, x0),
    right: Math.min(p.width, x0 + side),
  };
  const part = cropped(p, box);
  for (let y = 0; y < part.height; y++) {
    const row = part.values.subarray(y * part.width, (y + 1) * part.width);
    result.values.set(row, (y + box.top - y0) * side + box.left - x0);
  }
  return result;
}
