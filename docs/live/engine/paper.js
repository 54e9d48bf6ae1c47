/**
 * What of a picture is paper: the part of `ddpm/ink.py` that looks at its light.
 * @module
 */

import { closed, cropped, mapped, median, median3, plane, quantile } from "./morphology.js";

/** @typedef {import("./morphology.js").Plane} Plane */

/** A value within 0..1. @param {number} value */
export const unit = (value) => Math.min(Math.max(value, 0), 1);

/** Compares the strongest deviations from the background to either side. @param {Plane} pixels */
export function inkIsDark({ values, width, height }) {
  const steps = [height, width].map((side) => Math.max(1, Math.floor(side / 128)));
  const [rows, columns] = [Math.ceil(height / steps[0]), Math.ceil(width / steps[1])];
  /** @type {(i: number, n: number) => number} */
  const inside = (i, n) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
  const small = new Float64Array(rows * columns);
  /** @type {number[][]} */
  const terms = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let dy = 0; dy < steps[0]; dy++) {
        for (let dx = 0; dx < steps[1]; dx++) {
          const y = inside(r * steps[0] - (steps[0] >> 1) + dy, height);
          sum += values[y * width + inside(c * steps[1] - (steps[1] >> 1) + dx, width)];
        }
      }
      small[r * columns + c] = sum / (steps[0] * steps[1]);
      const [y, x] = [r / Math.max(1, rows - 1), c / Math.max(1, columns - 1)];
      terms.push([1, x, y, x * x, x * y, y * y]);
    }
  }
  const middle = median(small);
  const away = small.map((value) => Math.abs(value - middle));
  const most = quantile(away, 0.8);
  const surface = fitted(terms, small, (k) => away[k] <= most + 1e-7);
  const rest = small.map((v, k) => v - terms[k].reduce((s, term, j) => s + term * surface[j], 0));
  const centre = median(rest);
  return rest.reduce((sum, value) => sum + (value - centre) ** 3, 0) <= 0;
}

/**
 * Least squares by the normal equations.
 * @param {number[][]} terms @param {Float64Array} values @param {(k: number) => boolean} keep
 */
function fitted(terms, values, keep) {
  const n = terms[0].length;
  const rows = Array.from({ length: n }, () => new Float64Array(n + 1));
  terms.forEach((row, k) => {
    if (!keep(k)) return;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) rows[i][j] += row[i] * row[j];
      rows[i][n] += row[i] * values[k];
    }
  });
  for (let i = 0; i < n; i++) {
    const best = rows
      .slice(i)
      .reduce((b, row, k) => (Math.abs(row[i]) > Math.abs(rows[b][i]) ? i + k : b), i);
    [rows[i], rows[best]] = [rows[best], rows[i]];
    if (Math.abs(rows[i][i]) < 1e-12) continue; // a flat picture has no slope
    for (let k = 0; k < n; k++) {
      const factor = k === i ? 0 : rows[k][i] / rows[i][i];
      for (let j = i; factor && j <= n; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]) < 1e-12 ? 0 : row[n] / row[i]));
}

/** Which share of the paper's light is missing, 0 for paper and 1 for black. @param {Plane} light @param {number} span */
export function contrastOf(light, span) {
  const smooth = median3(light);
  const { width, height, values } = smooth;
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [1, 0]);
  // The odd reflection lets a gradient go on beyond the image's border.
  const rows = padded(width, height, (y, x) => values[y * width + x]);
  const columns = padded(height, rows.width, (x, y) => rows.values[y * rows.width + x]);
  const wide = plane(columns.height, columns.width);
  for (let y = 0; y < wide.height; y++) {
    for (let x = 0; x < wide.width; x++) {
      const value = columns.values[x * columns.width + y];
      wide.values[y * wide.width + x] = Math.min(Math.max(value, low), high);
    }
  }
  const box = { top: span, bottom: span + height, left: span, right: span + width };
  const paper = cropped(closed(wide, span), box);
  const floor = Math.max(0.35 * median(paper.values), 1e-3);
  return mapped(light, (v, i) => unit((paper.values[i] - v) / Math.max(paper.values[i], floor)));

  /** Lines that go on at both ends. @param {number} n @param {number} lines @param {(line: number, i: number) => number} at */
  function padded(n, lines, at) {
    const result = plane(n + 2 * span, lines);
    for (let line = 0; line < lines; line++) {
      for (let i = -span; i < n + span; i++) {
        const [edge, inner] = i < 0 ? [0, -i] : i >= n ? [n - 1, 2 * n - 2 - i] : [i, i];
        const value = edge === i ? at(line, i) : 2 * at(line, edge) - at(line, inner);
        result.values[line * result.width + i + span] = value;
      }
    }
    return result;
  }
}
