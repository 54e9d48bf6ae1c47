/**
 * What the live figures of the lessons are made of.
 * @module
 */

import { digits, seed, slider, stops } from "./controls.js";
import { el } from "./dom.js";
import { SIDE } from "./pad.js";

/** Canvases side by side, with what each shows. @param {...string} names */
export function row(...names) {
  const canvases = names.map((name) =>
    el("canvas", { className: "live-canvas", role: "img", "aria-label": name }),
  );
  const figures = names.map((name, k) => el("figure", {}, canvases[k], el("figcaption", {}, name)));
  return { canvases, element: el("div", { className: "live-side" }, ...figures) };
}

/** Values and their controls, each of which tells of a change. @param {() => void} changed */
export function controls(changed) {
  return {
    /** @param {string} label @param {number} value */
    digit(label, value) {
      const control = digits({ label, value, onchange: changed });
      return { element: control.element, get: () => control.value ?? value };
    },
    /** @param {Omit<Parameters<typeof slider>[0], "onchange">} options */
    slider(options) {
      const control = slider({ ...options, onchange: changed });
      return { element: control.element, get: () => control.value };
    },
    /** @param {Omit<Parameters<typeof stops>[0], "onchange">} options */
    stops(options) {
      const control = stops({ ...options, onchange: changed });
      return { element: control.element, get: () => control.value };
    },
    seed() {
      const control = seed({ value: 0, onchange: changed });
      return { element: control.element, get: () => control.value };
    },
  };
}

/** Images as a sheet. @param {ArrayLike<number>} images @param {number} [n] */
export const sheet = (images, n = 1) => ({ images, n, height: SIDE, width: SIDE });
