/**
 * A square to draw on, by mouse, touch, pen or keyboard: one value in [0, 1] for each pixel.
 * @module
 */

import { el } from "./dom.js";

/** Pixels a side, as the models have them. */
export const SIDE = 28;

/**
 * A round brush; `soft` is the width of its edge.
 * @typedef {{ radius: number, soft: number, value: 0 | 1 }} Brush
 */

/** The pen of MNIST's digits: strokes of about two and a half pixels with soft edges. @type {Brush} */
export const PEN = { radius: 1.15, soft: 1.3, value: 1 };
/** @type {Brush} */
export const ERASER = { radius: 1.9, soft: 0.8, value: 0 };

/**
 * A stroke of a brush from one point to another, on 28x28 pixels.
 * @param {Float32Array} pixels changed in place
 * @param {[x: number, y: number]} from in pixels @param {[x: number, y: number]} to
 * @param {Brush} brush
 */
export function stroke(pixels, [x0, y0], [x1, y1], { radius, soft, value }) {
  const reach = radius + soft;
  const [left, right] = [Math.min(x0, x1) - reach, Math.max(x0, x1) + reach].map(Math.floor);
  const [top, bottom] = [Math.min(y0, y1) - reach, Math.max(y0, y1) + reach].map(Math.floor);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  for (let y = Math.max(0, top); y <= Math.min(SIDE - 1, bottom); y++) {
    for (let x = Math.max(0, left); x <= Math.min(SIDE - 1, right); x++) {
      const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
      const along = length ? Math.min(Math.max((px * dx + py * dy) / length, 0), 1) : 0;
      const away = Math.hypot(px - along * dx, py - along * dy);
      const cover = soft
        ? Math.min(Math.max((radius + soft / 2 - away) / soft, 0), 1)
        : Number(away <= radius);
      const level = (17 * Math.round(15 * cover)) / 255; // a level that an address can hold
      const at = y * SIDE + x;
      pixels[at] = value ? Math.max(pixels[at], level) : Math.min(pixels[at], 1 - level);
    }
  }
}

const MOST = 50;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A square to draw on. */
export class Pad {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {string} [options.hint] shown while nothing is drawn
   * @param {(canvas: HTMLCanvasElement, pixels: Float32Array) => void} options.paint
   * @param {(ended: boolean) => void} options.onchange after each part of a stroke
   */
  constructor({ label, hint, paint, onchange }) {
    /** @type {Float32Array} */
    this.pixels = new Float32Array(SIDE * SIDE);
    /** @type {Brush} */
    this.brush = PEN;
    /** @type {Float32Array[]} */
    this.before = [];
    this.onchange = onchange;
    this.painter = paint;
    /** @type {[number, number]} */
    this.at = [14, 14];
    this.down = false;
    this.canvas = el("canvas", {
      className: "live-canvas",
      width: SIDE,
      height: SIDE,
      tabIndex: 0,
      role: "application",
      "aria-label": `${label}. The arrow keys move the brush; the space bar puts it down and lifts it.`,
    });
    this.cursor = el("span", { className: "live-cursor" });
    this.hint = hint ? el("span", { className: "live-hint" }, hint) : null;
    this.place = el("span", { className: "live-hidden", role: "status" });
    this.element = el(
      "div",
      { className: "live-pad" },
      this.canvas,
      this.hint,
      this.cursor,
      this.place,
    );
    this.#points();
    this.#keys();
    this.paint();
  }

  get blank() {
    return this.pixels.every((value) => value === 0);
  }

  paint() {
    this.painter(this.canvas, this.pixels);
    if (this.hint) this.hint.hidden = !this.blank;
  }

  /** Other pixels, which can be undone. @param {Float32Array} pixels */
  put(pixels) {
    this.#remember();
    this.pixels = Float32Array.from(pixels);
    this.paint();
    this.onchange(true);
  }

  /** Other pixels that were not drawn. @param {Float32Array} pixels */
  set(pixels) {
    this.pixels = Float32Array.from(pixels);
    this.before = [];
    this.paint();
  }

  undo() {
    const last = this.before.pop();
    if (!last) return;
    this.pixels = last;
    this.paint();
    this.onchange(true);
  }

  #remember() {
    this.before.push(this.pixels.slice());
    if (this.before.length > MOST) this.before.shift();
  }

  /** @param {[number, number]} from @param {[number, number]} to */
  #stroke(from, to) {
    stroke(this.pixels, from, to, this.brush);
    this.paint();
  }

  #points() {
    const { canvas } = this;
    /** @type {[number, number] | null} */
    let last = null;
    /** @param {PointerEvent} event @returns {[number, number]} */
    const place = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return [((event.clientX - left) / width) * SIDE, ((event.clientY - top) / height) * SIDE];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.#remember();
      last = place(event);
      this.#stroke(last, last);
      this.onchange(false);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) {
        const next = place(each);
        this.#stroke(last, next);
        last = next;
      }
      this.onchange(false);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        if (last) this.onchange(true);
        last = null;
      });
    }
  }

  #keys() {
    const show = () => {
      const [x, y] = this.at;
      this.cursor.style.left = `${(100 * (x - 0.5)) / SIDE}%`;
      this.cursor.style.top = `${(100 * (y - 0.5)) / SIDE}%`;
      this.cursor.classList.toggle("live-down", this.down);
      const state = this.down ? "down" : "up";
      this.place.textContent = `Brush ${state}, row ${Math.floor(y) + 1}, column ${Math.floor(x) + 1}`;
    };
    this.canvas.addEventListener("blur", () => (this.down = false));
    this.canvas.addEventListener("focus", show);
    this.canvas.addEventListener("keydown", (event) => {
      const move = ARROWS[event.key];
      if (event.key === " " || event.key === "Enter") {
        this.down = !this.down;
        if (this.down) this.#remember();
      } else if (event.key === "Escape") this.down = false;
      else if (move) {
        const from = this.at;
        const [x, y] = from.map((value, k) => Math.min(Math.max(value + move[k], 0.5), SIDE - 0.5));
        this.at = [x, y];
        if (this.down) this.#stroke(from, this.at);
      } else return;
      event.preventDefault();
      if (this.down && !move) this.#stroke(this.at, this.at);
      if (this.down) this.onchange(true);
      show();
    });
  }
}
