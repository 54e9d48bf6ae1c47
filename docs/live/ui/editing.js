/**
 * What the tools share, above all the two in which the reader has a pen: draw.js and fill.js.
 * @module
 */

import { choices, digits } from "./controls.js";
import { button, el } from "./dom.js";
import { bytesOf } from "./paint.js";

/**
 * What a control takes so that it shows and sets one of a tool's values.
 * @template {object} S
 * @param {S} state @param {(key: keyof S) => void} changed
 * @returns {<K extends keyof S>(key: K) => { value: S[K], onchange: (value: S[K]) => void }}
 */
export function binding(state, changed) {
  return (key) => ({
    value: state[key],
    onchange(value) {
      state[key] = value;
      changed(key);
    },
  });
}

/** The label that the picture becomes. @param {{ value: number | null, onchange: (value: number | null) => void }} bound */
export const becomes = (bound) => digits({ label: "Becomes", none: "Any", ...bound });

/**
 * Allows "Any" for a model that can do without a label; for another a digit takes its place.
 * @param {ReturnType<typeof becomes>} control
 * @param {{ label: number | null }} state
 * @param {import("./settings.js").Info} info
 * @param {number} digit
 */
export function needLabel(control, state, info, digit) {
  control.allow(null, info.guided);
  if (!info.guided) state.label ??= digit;
  control.value = state.label;
}

/** A choice between a few numbers. @param {string} label @param {number[]} numbers @param {{ value: number, onchange: (value: number) => void }} bound */
export function numbers(label, numbers, bound) {
  return choices({
    label,
    choices: numbers.map((value) => ({ value, text: String(value) })),
    ...bound,
  });
}

/**
 * Buttons of which one is pressed.
 * @param {string[]} names
 * @param {(which: number) => void} take gets the number of the one that is pressed now
 */
export function brushes(names, take) {
  const buttons = names.map((name, which) =>
    button(
      name,
      () => {
        buttons.forEach((each, k) => each.setAttribute("aria-pressed", String(k === which)));
        take(which);
      },
      { "aria-pressed": String(which === 0) },
    ),
  );
  return buttons;
}

/** The canvas of what the model makes. */
export function outcome() {
  return el("canvas", { className: "live-canvas", role: "img", "aria-label": "Nothing yet" });
}

/**
 * What can be taken away of a film: its last picture, and its frames as a GIF.
 * @param {import("./filmstrip.js").Filmstrip} film
 * @param {number} [delay] milliseconds a frame
 */
export function taken(film, delay) {
  return {
    picture() {
      const last = film.frames.at(-1);
      return last ? bytesOf(last.x) : null;
    },
    moving: () =>
      film.frames.length > 1
        ? () => ({ frames: film.frames.map(({ x }) => bytesOf(x)), delay })
        : null,
  };
}
