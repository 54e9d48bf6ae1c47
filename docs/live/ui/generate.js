/**
 * Generate: from noise to a digit, to all ten or to a sheet of twenty.
 * @module
 */

import { choices, digits } from "./controls.js";
import { el } from "./dom.js";
import { binding, taken } from "./editing.js";
import { commandOf } from "../engine/commands.js";
import { Filmstrip } from "./filmstrip.js";
import { empty, paint } from "./paint.js";
import { aDigit, reads } from "./reads.js";
import { settings } from "./settings.js";
import { labelFrom } from "./state.js";

/** @typedef {import("./paint.js").Sheet} Sheet */

const SHEET = 20;

/**
 * @param {HTMLElement | null} placeholder stands there before the first picture
 * @returns {(frame: import("./tool.js").Frame) => import("./tool.js").Parts}
 */
export const generate = (placeholder) => (frame) => {
  const { models, changed, say } = frame;
  const state = { label: /** @type {number | null} */ (3), sheet: 1 };
  const common = settings({ models, usual: { steps: 25 }, onchange: changed });
  const bind = binding(state, () => changed());
  const label = digits({ label: "Digit", none: "All", ...bind("label") });
  const sheet = choices({
    label: "How many",
    choices: [
      { value: 1, text: "One", title: "One of each digit" },
      { value: SHEET, text: "Twenty", title: "Twenty on a sheet, to see their variety" },
    ],
    ...bind("sheet"),
  });

  const [noisy, clean] = [0, 1].map(() => el("canvas", { className: "live-canvas", role: "img" }));
  const two = el(
    "div",
    { className: "live-two", hidden: true },
    el(
      "figure",
      {},
      noisy,
      el("figcaption", {}, "Noisy image ", el("i", {}, "x", el("sub", {}, "t"))),
    ),
    el(
      "figure",
      {},
      clean,
      el("figcaption", {}, "Predicted clean image ", el("i", {}, "x", el("sub", {}, "0"))),
    ),
  );
  const film = new Filmstrip(({ t, x, x0 }) => {
    paint(noisy, x);
    paint(clean, x0);
    const what = state.label === null ? "all ten digits" : aDigit(state.label);
    noisy.setAttribute("aria-label", `Noisy image at t = ${t} on the way to ${what}`);
    clean.setAttribute("aria-label", `Predicted clean image at t = ${t}`);
  });
  const reading = reads();

  /** One label for each image, those of one digit together. */
  const labels = () => {
    const kinds = state.label === null ? [...Array(10).keys()] : [state.label];
    const each = Math.max(1, state.sheet / kinds.length);
    return kinds.flatMap((kind) => /** @type {number[]} */ (Array(each).fill(kind)));
  };
  const options = () => ({ labels: labels(), ...common.how() });

  return {
    stage: [...(placeholder ? [placeholder] : []), two, film.element, reading.element],
    panel: [label.element, sheet.element, ...common.elements],
    pause: () => film.pause(),
    job: () => ({
      model: common.state.model,
      async work(engine, model, signal) {
        const asked = options();
        const n = asked.labels.length;
        const { image } = model.scaling;
        /** @param {Float32Array} images @returns {Sheet} */
        const sheetOf = (images) => ({ images, n, height: image, width: image });
        placeholder?.remove();
        two.hidden = false;
        two.classList.toggle("live-sheets", n > 1);
        film.reset();
        if (!noisy.hasAttribute("aria-label"))
          [noisy, clean].forEach((each) => paint(each, empty(n)));
        const { images } = await engine.sample(model, {
          ...asked,
          signal,
          batch: n,
          watch: ({ t, x, x0 }) => film.add({ t, x: sheetOf(x), x0: sheetOf(x0) }),
        });
        film.done();
        const words = await reading.show(images, asked.labels);
        say(`Done. ${words}`);
      },
    }),
    command: () => commandOf("sample", options(), common.state.model),
    set(given) {
      state.label = labelFrom(given.label, state.label);
      state.sheet = given.n === String(SHEET) ? SHEET : 1;
      label.value = state.label;
      sheet.value = state.sheet;
      common.set(given);
    },
    address: () => ({
      label: state.label ?? "none",
      ...(state.sheet > 1 ? { n: state.sheet } : {}),
      ...common.address(),
    }),
    ...taken(film),
  };
};
