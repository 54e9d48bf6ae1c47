/**
 * The way from noise to an image: a strip of some of its states, and a slider through all of them.
 * @module
 */

import { button, el, newId, still } from "./dom.js";
import { bytesOf, paint } from "./paint.js";

/** @typedef {import("./paint.js").Sheet} Sheet */
/** @typedef {{ t: number, x: Sheet, x0: Sheet }} Frame */

const PERIOD = 90;

/** The widest that a state of the strip is, in pixels of the page. */
const WIDEST = 90;

/** The symbol of an image at a time. @param {string} time */
const mark = (time) => el("i", {}, "x", el("sub", {}, time));

/** Of a sheet its first image: the strip has no room for more. @param {Sheet} sheet */
const first = (sheet) => ({ ...sheet, n: 1 });

/** A filmstrip and its buttons. */
export class Filmstrip {
  /** @param {(frame: Frame, k: number, n: number) => void} onshow */
  constructor(onshow) {
    /** @type {Frame[]} */
    this.frames = [];
    this.onshow = onshow;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    const id = newId("time");
    this.strip = el("canvas", { className: "live-film", "aria-hidden": "true" });
    this.range = el("input", {
      type: "range",
      id,
      min: 0,
      step: 1,
      oninput: () => {
        this.pause();
        this.show(Number(this.range.value));
      },
    });
    this.play = button("Play", () => (this.timer ? this.pause() : this.start()), {
      className: "live-button live-play",
    });
    this.back = button("‹", () => this.step(-1), { "aria-label": "One step back" });
    this.on = button("›", () => this.step(1), { "aria-label": "One step on" });
    this.time = el("output", { className: "live-time", htmlFor: id });
    this.which = el("span", {}, "The first picture. ");
    this.element = el(
      "div",
      { className: "live-strip", hidden: true },
      el("label", { className: "live-hidden", htmlFor: id }, "Step of the way from noise to image"),
      this.strip,
      el(
        "p",
        { className: "live-note" },
        this.which,
        ...["Above: noisy image ", mark("t"), ". Below: predicted clean image ", mark("0"), "."],
      ),
      this.range,
      el("div", { className: "live-line" }, this.play, this.back, this.on, this.time),
    );
    this.#scrub();
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Begins a new way. */
  reset() {
    this.pause();
    this.frames = [];
  }

  /** @param {Frame} frame @param {boolean} [shown] */
  add(frame, shown = true) {
    this.frames.push(frame);
    if (shown && !still()) this.onshow(frame, this.frames.length - 1, this.frames.length);
  }

  /** The way is complete. */
  done() {
    this.element.hidden = this.frames.length < 2;
    this.which.hidden = this.frames[0].x.n === 1;
    this.range.max = String(this.frames.length - 1);
    this.draw();
    this.show(this.frames.length - 1);
  }

  /** Shows state number k. @param {number} k */
  show(k) {
    const frame = this.frames[k];
    if (!frame) return;
    const n = this.frames.length;
    this.range.value = String(k);
    this.range.style.setProperty("--share", `${(100 * k) / (n - 1)}%`);
    this.time.value = `t = ${frame.t}, step ${k} of ${n - 1}`;
    this.range.setAttribute("aria-valuetext", this.time.value);
    this.back.disabled = k === 0;
    this.on.disabled = k === n - 1;
    this.onshow(frame, k, n);
  }

  /** @param {number} by */
  step(by) {
    this.pause();
    this.show(Math.min(Math.max(Number(this.range.value) + by, 0), this.frames.length - 1));
  }

  start() {
    const last = this.frames.length - 1;
    let k = Number(this.range.value) === last ? 0 : Number(this.range.value);
    this.play.textContent = "Pause";
    this.show(k);
    this.timer = setInterval(() => {
      this.show(++k);
      if (k >= last) this.pause();
    }, PERIOD);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = "Play";
  }

  /** Paints as many states as there is room for: x_t above, the predicted x_0 below. */
  draw() {
    const { frames, strip } = this;
    const across = this.element.clientWidth;
    if (frames.length < 2 || !across) return;
    const one = bytesOf(first(frames[0].x));
    const shown = Math.min(frames.length, Math.max(4, Math.floor(across / 44)));
    strip.style.maxWidth = `${shown * WIDEST}px`;
    const chosen = Array.from(
      { length: shown },
      (_, k) => frames[Math.round((k * (frames.length - 1)) / (shown - 1))],
    );
    const gap = 2;
    strip.width = shown * (one.width + gap) - gap;
    strip.height = 2 * one.height + gap;
    const part = document.createElement("canvas");
    const context = strip.getContext("2d");
    chosen.forEach((frame, k) => {
      [frame.x, frame.x0].forEach((sheet, row) => {
        paint(part, first(sheet));
        context?.drawImage(part, k * (one.width + gap), row * (one.height + gap));
      });
    });
  }

  #scrub() {
    const { strip } = this;
    /** @param {PointerEvent} event */
    const to = (event) => {
      const { left, width } = strip.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
      this.pause();
      this.show(Math.round(share * (this.frames.length - 1)));
    };
    strip.addEventListener("pointerdown", (event) => {
      strip.setPointerCapture(event.pointerId);
      to(event);
    });
    strip.addEventListener("pointermove", (event) => {
      if (strip.hasPointerCapture(event.pointerId)) to(event);
    });
  }
}
