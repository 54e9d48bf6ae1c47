/**
 * A picture that can be turned, or looked at from a distance: by dragging, by keys or by itself.
 * @module
 */

import { slider } from "./controls.js";
import { button, el, still } from "./dom.js";
import { LARGE, distant, greyOf, turned } from "./turning.js";

const FRAMES = 14;
const PERIOD = 40;
const PACE = 0.03;

/** @typedef {import("./paint.js").Sheet} Sheet */

/** What is looked at: through which view, or from a distance where that is null. */
export class Viewer {
  constructor() {
    /** @type {Sheet | null} */
    this.sheet = null;
    /** @type {string | null} */
    this.view = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    const [canvas, other] = [0, 1].map(() =>
      el("canvas", { className: "live-canvas", role: "img", width: LARGE, height: LARGE }),
    );
    canvas.classList.add("live-turn");
    this.canvas = canvas;
    this.other = other;
    this.captions = [0, 1].map(() => el("figcaption"));
    this.along = slider({
      label: "Turn",
      min: 0,
      max: 1,
      step: 0.01,
      value: 0,
      show: (value) => `${Math.round(100 * value)}%`,
      onchange: () => {
        this.pause();
        this.show();
      },
    });
    this.play = button("Turn it", () => (this.timer ? this.pause() : this.start()));
    this.pair = el(
      "div",
      { className: "live-two", hidden: true },
      el("figure", {}, canvas, this.captions[0]),
      el("figure", {}, other, this.captions[1]),
    );
    this.row = el("div", { className: "live-along", hidden: true }, this.along.element, this.play);
    this.#drag();
    this.name(null);
  }

  /** A new picture, seen from the start. @param {Sheet} sheet */
  put(sheet) {
    this.sheet = sheet;
    this.pair.hidden = this.row.hidden = false;
    this.show();
  }

  /** Which view it is looked at through; null is from a distance. @param {string | null} view */
  name(view) {
    this.pause();
    this.view = view;
    this.along.value = 0;
    const label = this.along.element.querySelector("label");
    if (label) label.textContent = view ? "Turn" : "Distance";
    this.captions[0].textContent = view ? "Drag to turn it" : "Drag to go away from it";
    this.captions[1].textContent = view ? "Through the view" : "What is left of it there, enlarged";
  }

  show() {
    const { sheet, view, canvas, other } = this;
    if (!sheet) return;
    const at = this.along.value;
    const share = `${Math.round(100 * at)}%`;
    if (view) {
      turned(canvas, sheet, view, at);
      turned(other, sheet, view, 1);
    } else {
      distant(canvas, sheet, at);
      distant(other, sheet, at, true);
    }
    const [there, back] = view ? ["Turn it", "Turn it back"] : ["Step back", "Come closer"];
    this.play.textContent = at > 0.5 ? back : there;
    canvas.setAttribute(
      "aria-label",
      `The picture ${view ? "turned by" : "at a distance of"} ${share}`,
    );
    other.setAttribute("aria-label", this.captions[1].textContent ?? "");
  }

  /** Goes to the other end, at once for readers who want no motion. */
  start() {
    const to = this.along.value > 0.5 ? 0 : 1;
    if (still()) {
      this.along.value = to;
      this.show();
      return;
    }
    this.timer = setInterval(() => {
      const next = this.along.value + (to ? PACE : -PACE);
      this.along.value = Math.min(Math.max(next, 0), 1);
      this.show();
      if (this.along.value === to) this.pause();
    }, PERIOD);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** There and back again, for a GIF. */
  frames() {
    const { sheet, view } = this;
    if (!sheet) return [];
    const canvas = document.createElement("canvas");
    return Array.from({ length: 2 * FRAMES }, (_, k) => {
      const share = k <= FRAMES ? k / FRAMES : 2 - k / FRAMES;
      if (view) turned(canvas, sheet, view, share);
      else distant(canvas, sheet, share);
      return greyOf(canvas);
    });
  }

  #drag() {
    const { canvas, along } = this;
    /** @type {{ x: number, value: number } | null} */
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      this.pause();
      canvas.setPointerCapture(event.pointerId);
      held = { x: event.clientX, value: along.value };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      const moved = (event.clientX - held.x) / canvas.clientWidth;
      along.value = Math.min(Math.max(held.value + moved, 0), 1);
      this.show();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => (held = null));
    }
  }
}
