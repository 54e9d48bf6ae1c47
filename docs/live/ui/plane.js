/**
 * A plane with data, arrows and trajectories, on a canvas in the page's colours.
 * @module
 */

import { el } from "./dom.js";

/** @typedef {import("../engine/points.js").Point} Point */

/** The plane reaches from -REACH to REACH in both directions. */
export const REACH = 2.9;
const ARROWS = 15;

/** Colours of the two labels, which colour-blind eyes can tell apart. */
const LABELS = ["#0072b2", "#d55e00"];
const LIGHT = ["#56b4e9", "#e69f00"];

/** A square to draw on. */
export class Plane {
  constructor() {
    this.canvas = el("canvas", { className: "live-plane", role: "img", tabIndex: 0 });
    this.side = 420;
  }

  /** An empty plane, as sharp as the screen. */
  clear() {
    const shown = this.canvas.clientWidth || 420;
    const scale = window.devicePixelRatio || 1;
    const size = Math.round(shown * scale);
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, shown, shown);
    this.side = shown;
    const dark = document.body.dataset.mdColorScheme === "slate";
    const style = getComputedStyle(this.canvas);
    return { context, colours: dark ? LIGHT : LABELS, ink: style.color };
  }

  /** From the plane to the canvas. @param {number} x @param {number} y @returns {[number, number]} */
  to(x, y) {
    const half = this.side / 2;
    return [half + (x / REACH) * half, half - (y / REACH) * half];
  }

  /** From the page to the plane. @param {PointerEvent} event @returns {[number, number]} */
  from(event) {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const at = (/** @type {number} */ value) => ((2 * value) / width - 1) * REACH;
    return [at(event.clientX - left), -at(event.clientY - top)];
  }

  /**
   * Draws all of it.
   * @param {object} scene
   * @param {Point[]} scene.data
   * @param {number} scene.signal how far the data have shrunk at the time that is shown
   * @param {Float32Array | null} scene.arrows where each place of the grid moves to, x and y
   * @param {Float32Array[]} scene.states of the samples until now, x and y of each
   */
  draw({ data, signal, arrows, states }) {
    const { context, colours, ink } = this.clear();
    const dot = Math.max(1.6, this.side / 210);
    context.globalAlpha = 0.45;
    for (const { x, y, label } of data) {
      context.fillStyle = colours[label];
      this.#dot(context, signal * x, signal * y, dot);
    }
    context.strokeStyle = context.fillStyle = ink;
    if (arrows) {
      context.globalAlpha = 0.5;
      context.lineWidth = 1;
      gridPlaces().forEach(([x, y], k) =>
        this.#arrow(context, x, y, arrows[2 * k], arrows[2 * k + 1]),
      );
    }
    const last = states.at(-1);
    if (!last) return;
    context.globalAlpha = 0.22;
    context.lineWidth = 1;
    for (let i = 0; i < last.length; i += 2) {
      context.beginPath();
      states.forEach((state, k) => {
        const [x, y] = this.to(state[i], state[i + 1]);
        if (k) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.stroke();
    }
    context.globalAlpha = 1;
    for (let i = 0; i < last.length; i += 2) this.#dot(context, last[i], last[i + 1], dot * 1.3);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius */
  #dot(context, x, y, radius) {
    context.beginPath();
    context.arc(...this.to(x, y), radius, 0, 2 * Math.PI);
    context.fill();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} dx @param {number} dy */
  #arrow(context, x, y, dx, dy) {
    const cell = this.side / ARROWS;
    const length = Math.hypot(dx, dy);
    const shown = Math.min(0.85, 0.35 * length) * cell;
    if (shown < 1) return;
    const [u, v] = [dx / length, -dy / length];
    const [cx, cy] = this.to(x, y);
    const [tipX, tipY] = [cx + (u * shown) / 2, cy + (v * shown) / 2];
    const head = Math.min(4, shown / 2);
    context.beginPath();
    context.moveTo(cx - (u * shown) / 2, cy - (v * shown) / 2);
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - head * (u + 0.6 * v), tipY - head * (v - 0.6 * u));
    context.moveTo(tipX, tipY);
    context.lineTo(tipX - head * (u - 0.6 * v), tipY - head * (v + 0.6 * u));
    context.stroke();
  }
}

/** The places of the arrows. @returns {[number, number][]} */
export function gridPlaces() {
  const at = (/** @type {number} */ k) => ((2 * k + 1) / ARROWS - 1) * REACH;
  return Array.from({ length: ARROWS ** 2 }, (_, k) => [
    at(k % ARROWS),
    at(Math.floor(k / ARROWS)),
  ]);
}
