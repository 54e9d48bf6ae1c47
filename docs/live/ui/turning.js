/**
 * A picture on its way to another view, and at a distance: what the screen and a GIF show.
 * @module
 */

import { view } from "../engine/views.js";
import { paint } from "./paint.js";

/** Pixels a side of the canvases. */
export const LARGE = 336;

/** @typedef {import("./paint.js").Sheet} Sheet */

/** The views that can be chosen, and how they are called. */
export const TURNS = [
  { value: "rotate_180", text: "Turned upside down" },
  { value: "rotate_90", text: "Turned by 90°" },
  { value: "flip_vertical", text: "Flipped from top to bottom" },
  { value: "flip_horizontal", text: "Flipped from left to right" },
  { value: "transpose", text: "Flipped along the diagonal" },
  { value: "negation", text: "Negative" },
  { value: "patches", text: "Patches dealt again" },
];

/** @type {Record<string, (context: CanvasRenderingContext2D, share: number) => void>} */
const MOVES = {
  rotate_180: (context, share) => context.rotate(Math.PI * share),
  rotate_90: (context, share) => context.rotate((-Math.PI / 2) * share),
  flip_vertical: (context, share) => context.scale(1, Math.cos(Math.PI * share)),
  flip_horizontal: (context, share) => context.scale(Math.cos(Math.PI * share), 1),
  transpose(context, share) {
    context.rotate(Math.PI / 4);
    context.scale(1, Math.cos(Math.PI * share));
    context.rotate(-Math.PI / 4);
  },
};

const small = document.createElement("canvas");

/** A square canvas without anything on it. @param {HTMLCanvasElement} canvas */
function cleared(canvas) {
  if (canvas.width !== LARGE) canvas.width = canvas.height = LARGE;
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, LARGE, LARGE);
  return context;
}

/**
 * A picture a share of the way to its view.
 * @param {HTMLCanvasElement} canvas @param {Sheet} sheet @param {string} name @param {number} share
 */
export function turned(canvas, sheet, name, share) {
  const context = cleared(canvas);
  context.imageSmoothingEnabled = false;
  if (name === "negation") {
    const images = Float32Array.from(sheet.images, (v) => (1 - share) * v + share * (1 - v));
    paint(small, { ...sheet, images });
    context.drawImage(small, 0, 0, LARGE, LARGE);
    return;
  }
  paint(small, sheet);
  if (name.startsWith("patches")) {
    dealt(context, name, share);
    return;
  }
  context.translate(LARGE / 2, LARGE / 2);
  MOVES[name]?.(context, share);
  context.drawImage(small, -LARGE / 2, -LARGE / 2, LARGE, LARGE);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

/** @param {CanvasRenderingContext2D} context @param {string} name @param {number} share */
function dealt(context, name, share) {
  const across = 4;
  const [tile, from] = [LARGE / across, small.width / across];
  const places = Float32Array.from({ length: across ** 2 }, (_, k) => k);
  const seen = view(name).apply({ values: places, shape: [1, 1, across, across] }).values;
  seen.forEach((source, place) => {
    const [x0, y0] = [source % across, Math.floor(source / across)];
    const [x1, y1] = [place % across, Math.floor(place / across)];
    const [x, y] = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
    context.drawImage(small, x0 * from, y0 * from, from, from, x * tile, y * tile, tile, tile);
  });
}

/** How large a picture looks at a distance of 0..1. @param {number} distance */
export const sizeAt = (distance) => 0.07 ** distance;

/**
 * A picture as it looks at a distance; enlarged, what of it is left there.
 * @param {HTMLCanvasElement} canvas @param {Sheet} sheet @param {number} distance
 * @param {boolean} [enlarged]
 */
export function distant(canvas, sheet, distance, enlarged = false) {
  const context = cleared(canvas);
  paint(small, sheet);
  const size = Math.max(6, Math.round(LARGE * sizeAt(distance)));
  context.imageSmoothingQuality = "high";
  context.imageSmoothingEnabled = size < LARGE;
  if (!enlarged) {
    const corner = (LARGE - size) / 2;
    context.drawImage(small, corner, corner, size, size);
    return;
  }
  const there = document.createElement("canvas");
  there.width = there.height = size;
  const inner = /** @type {CanvasRenderingContext2D} */ (there.getContext("2d"));
  inner.imageSmoothingQuality = "high";
  inner.drawImage(small, 0, 0, size, size);
  context.drawImage(there, 0, 0, LARGE, LARGE);
}

/** What a canvas shows, in grey. @param {HTMLCanvasElement} canvas @returns {import("./downloads.js").Grey} */
export function greyOf(canvas) {
  const { width, height } = canvas;
  const data = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
  const bytes = Uint8ClampedArray.from({ length: width * height }, (_, i) => data[4 * i]);
  return { bytes, width, height };
}
