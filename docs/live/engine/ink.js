/**
 * Which pixels of a photo or scan are the digit, in the five steps of `ddpm/ink.py`.
 * @module
 */

import { connected, cropped, deepest, extreme, filled } from "./morphology.js";
import { mapped, maximum, median, opened, plane } from "./morphology.js";
import { contrastOf, inkIsDark, unit } from "./paper.js";
import { round } from "./timesteps.js";

/** @typedef {import("./morphology.js").Plane} Plane */
/** @typedef {import("./morphology.js").Box} Box */
/**
 * A connected part of the ink.
 * @typedef {{ label: number, area: number, mass: number, box: Box, contact: number }} Part
 */

const CANDIDATES = 40;

/** @param {Part} part */
const extent = ({ box }) => Math.max(box.bottom - box.top, box.right - box.left);
/** How likely it is the digit. @param {Part} part */
const score = (part) =>
  part.mass * extent(part) * (part.contact === 0 ? 1 : part.contact < 0.04 ? 0.3 : 0.03);
/** Pixels between the boxes of two parts. @param {Part} a @param {Part} b */
const gap = ({ box: a }, { box: b }) =>
  Math.max(a.top - b.bottom, b.top - a.bottom, a.left - b.right, b.left - a.right, 0);
/** @param {Plane} p */
const total = ({ values }) => values.reduce((sum, value) => sum + value, 0);

/**
 * The ink of a digit, 1 on its strokes and 0 elsewhere.
 * @param {Plane} pixels in [0, 1], of dark ink on light paper or the other way round
 * @param {(contrast: Plane) => void} [watch] gets the contrast to the paper
 * @param {number} [pages] how many sheets may lie on one another
 * @returns {Plane}
 */
export function findInk(pixels, watch, pages = 1) {
  const { width, height } = pixels;
  const light = inkIsDark(pixels) ? pixels : mapped(pixels, (v) => 1 - v);
  let span = Math.max(3, round(0.4 * Math.min(width, height)));
  for (let turn = 0; ; turn++) {
    const contrast = contrastOf(light, span);
    watch?.(contrast);
    const { mask, labels, parts, level } = partsOf(contrast);
    const [digit] = parts;
    if (!digit) {
      const most = Math.max(
        contrast.values.reduce((a, b) => Math.max(a, b), 0),
        1e-6,
      );
      return mapped(contrast, (v) => unit(v / most));
    }
    const inside = cropped(
      mapped(pixels, (_, i) => Number(labels[i] === digit.label)),
      digit.box,
    );
    if (pages && isPage(inside, width * height)) {
      const found = plane(width, height);
      const ink = findInk(cropped(pixels, digit.box), watch, pages - 1);
      for (let y = 0; y < ink.height; y++) {
        const row = ink.values.subarray(y * ink.width, (y + 1) * ink.width);
        found.values.set(row, (y + digit.box.top) * width + digit.box.left);
      }
      return found;
    }
    if (turn === 0) {
      const padded = plane(inside.width + 2, inside.height + 2);
      inside.values.forEach((v, i) => {
        const [y, x] = [Math.floor(i / inside.width), i % inside.width];
        padded.values[(y + 1) * padded.width + x + 1] = v;
      });
      span = Math.min(span, round(2.5 * 2 * deepest(padded)) + 5);
      continue;
    }
    const mine = new Set(parts.map((part) => part.label));
    const kept = mapped(pixels, (_, i) => Number(mine.has(labels[i])));
    const near = maximum(kept, 3 + 2 * round(0.01 * extent(digit)));
    const others = maximum(
      mapped(mask, (v, i) => Number(v && !kept.values[i])),
      5,
    );
    // Half of the contrast is an edge; a span around it leaves out paper's grain and shadows.
    return mapped(contrast, (v, i) =>
      near.values[i] && (kept.values[i] || !others.values[i]) ? unit((2 * v) / level - 0.5) : 0,
    );
  }
}

/** All ink, its parts, those that are the digit, and the contrast of its ink. @param {Plane} contrast */
function partsOf(contrast) {
  const middle = median(contrast.values);
  const spread = 1.4826 * median(contrast.values.map((v) => Math.abs(v - middle)));
  let level = 2 * Math.max(0.04, middle + 6 * spread);
  for (let turn = 0; ; turn++) {
    const mask = mapped(contrast, (v) => Number(v > level / 2));
    const { labels, parts } = digitOf(withoutLines(mask), contrast);
    if (!parts.length) return { mask, labels, parts, level };
    let [fifth, fourth] = [0, 0];
    contrast.values.forEach((v, i) => {
      if (labels[i] !== parts[0].label) return;
      fifth += v ** 5;
      fourth += v ** 4;
    });
    level = fifth / fourth; // the darkest, if shadows touch it
    if (turn === 2) return { mask, labels, parts, level };
  }
}

/** @param {Plane} mask @param {Plane} contrast @returns {{ labels: Int32Array, parts: Part[] }} */
function digitOf(mask, contrast) {
  const { labels, boxes } = connected(mask);
  const { width, height } = mask;
  /** @type {Part[]} */
  const all = boxes.map((box, k) => ({ label: k + 1, area: 0, mass: 0, box, contact: 0 }));
  const border = 1 / (2 * (width + height));
  labels.forEach((label, i) => {
    if (!label) return;
    const [part, y, x] = [all[label - 1], Math.floor(i / width), i % width];
    part.area += 1;
    part.mass += contrast.values[i];
    const sides = [y === 0, y === height - 1, x === 0, x === width - 1].filter(Boolean).length;
    part.contact += sides * border;
  });
  const parts = all.sort((a, b) => b.mass - a.mass).slice(0, CANDIDATES);
  const framed = parts.filter((part) => !isFrame(part, parts, labels, width));
  framed.sort((a, b) => score(b) - score(a));
  const kept = framed.slice(0, 1);
  let others = framed.slice(1);
  for (;;) {
    const found = others.filter((part) => belongs(part, kept));
    if (!found.length) return { labels, parts: kept };
    kept.push(...found);
    others = others.filter((part) => !found.includes(part));
  }
}

/** Whether a part is of the same digit, or another digit beside it. @param {Part} part @param {Part[]} digit */
function belongs(part, digit) {
  const [largest] = digit;
  if (part.contact || extent(part) > 1.3 * Math.max(...digit.map(extent))) return false;
  if (digit.some((one) => gap(part, one) <= 0.08 * extent(largest))) {
    return part.area >= 0.05 * largest.area;
  }
  const [own, first] = [part, largest].map(({ box }) => box.bottom - box.top);
  return part.area >= 0.3 * largest.area && own >= 0.5 * first;
}

/** Ink without thin lines from side to side, but for crossing strokes. @param {Plane} mask */
function withoutLines(mask) {
  let rest = mask;
  for (const down of [false, true]) {
    // Ruled lines run along the other direction than the one that their thickness is measured in.
    const [across, along] = down ? [mask.width, mask.height] : [mask.height, mask.width];
    const thickest = round(0.05 * across);
    if (thickest < 4) continue;
    // A line may be a little tilted, so it is looked for in a thicker one.
    const thick = extreme(mask, 1 + 2 * round(0.01 * across), !down, 1);
    const whole = opened(thick, round(0.9 * along), down);
    const run = mapped(mask, (v, i) => Number(v && whole.values[i]));
    if (!run.values.includes(1)) continue;
    // What is much thicker than the line is a stroke that crosses it.
    const broad = opened(mask, thickest, !down);
    const thin = mapped(run, (v, i) => Number(v && !broad.values[i]));
    const stroke = 2 * deepest(mapped(mask, (v, i) => Number(v && !thin.values[i])));
    const line = lineIn(run, thin, mask, Math.min(thickest, round(0.7 * stroke)), !down);
    if (!line) continue; // as thick as the digit's stroke: it is the bar of a 4 or 7
    // A stroke along the border is the bar of a digit that fills the image.
    rest = mapped(rest, (v, i) => {
      const place = down ? i % mask.width : Math.floor(i / mask.width);
      const inside = place >= thickest && place < across - thickest;
      return Number(v && !(inside && line.values[i]));
    });
  }
  return rest;
}

/** The thinnest part of a run that is most of it. @param {Plane} run @param {Plane} thin @param {Plane} mask @param {number} most @param {boolean} down */
function lineIn(run, thin, mask, most, down) {
  const enough = 0.7 * total(thin);
  for (let thickness = 3; thickness < most; thickness += 2) {
    const broad = opened(mask, thickness, down);
    const line = mapped(run, (v, i) => Number(v && !broad.values[i]));
    if (total(line) >= enough) return line;
  }
  return null;
}

/** Whether a part is a hollow rectangle around another. @param {Part} part @param {Part[]} parts @param {Int32Array} labels @param {number} width */
function isFrame(part, parts, labels, width) {
  const { box } = part;
  const around = parts.some(
    (other) =>
      box.top < other.box.top &&
      other.box.bottom < box.bottom &&
      box.left < other.box.left &&
      other.box.right < box.right &&
      extent(other) > 0.15 * extent(part),
  );
  if (!around) return false;
  const mask = plane(box.right - box.left, box.bottom - box.top);
  mask.values.forEach((_, i) => {
    const at = (box.top + Math.floor(i / mask.width)) * width + box.left + (i % mask.width);
    mask.values[i] = Number(labels[at] === part.label);
  });
  const whole = filled(mask);
  return part.area < 0.4 * total(whole) && rectangularity(whole) > 0.85;
}

/** Whether a part is a solid rectangle with something on it. @param {Plane} mask @param {number} pixels */
function isPage(mask, pixels) {
  const whole = filled(mask);
  const area = total(whole);
  const share = total(mask) / area;
  if (area < 0.08 * pixels || !(share > 0.65 && share < 0.998)) return false;
  return rectangularity(whole) > 0.85;
}

/** The share that a shape fills of the smallest rectangle around it, at any angle. @param {Plane} mask */
function rectangularity({ values, width, height }) {
  /** @type {[number, number][]} */
  const edge = [];
  let area = 0;
  values.forEach((v, i) => {
    if (!v) return;
    area += 1;
    const [y, x] = [Math.floor(i / width), i % width];
    const within = y > 0 && x > 0 && y < height - 1 && x < width - 1;
    if (!within || !values[i - 1] || !values[i + 1] || !values[i - width] || !values[i + width])
      edge.push([y, x]);
  });
  let least = Infinity;
  for (let k = 0; k < 31; k++) {
    const [cos, sin] = [Math.cos((k * Math.PI) / 60), Math.sin((k * Math.PI) / 60)];
    const sides = [
      edge.map(([y, x]) => x * cos + y * sin),
      edge.map(([y, x]) => y * cos - x * sin),
    ].map(
      (at) =>
        at.reduce((m, v) => Math.max(m, v), -Infinity) -
        at.reduce((m, v) => Math.min(m, v), Infinity) +
        1,
    );
    least = Math.min(least, sides[0] * sides[1]);
  }
  return area / least;
}
