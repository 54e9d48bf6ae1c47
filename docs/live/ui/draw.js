/**
 * Draw and transform: the reader's drawing becomes a digit, by SDEdit, while it is being drawn.
 * @module
 */

import { commandOf } from "../engine/commands.js";
import { slider } from "./controls.js";
import { button, el } from "./dom.js";
import { becomes, binding, brushes, needLabel, outcome, taken } from "./editing.js";
import { Filmstrip } from "./filmstrip.js";
import { ERASER, PEN, Pad, SIDE } from "./pad.js";
import { bytesOf, empty, paint } from "./paint.js";
import { sheet } from "./parts.js";
import { aDigit, reads } from "./reads.js";
import { settings } from "./settings.js";
import { labelFrom, numberFrom, packed, unpacked } from "./state.js";
import { upload } from "./upload.js";

const STEPS = 10;

/**
 * @param {import("./tool.js").Frame} frame
 * @returns {import("./tool.js").Parts & { pad: Pad }}
 */
export function draw({ models, changed, say }) {
  const state = { label: /** @type {number | null} */ (8), strength: 0.75 };
  const bind = binding(state, () => changed());
  const quickest = [...models].sort((a, b) => a.steps - b.steps); // to follow the pen
  const common = settings({
    models: quickest,
    usual: { steps: STEPS },
    onchange() {
      fit();
      changed();
    },
  });
  const pad = new Pad({
    label: "Your drawing",
    hint: "Draw here: a digit, or anything else",
    paint: (canvas, pixels) => paint(canvas, sheet(pixels)),
    onchange: () => changed({ start: true }),
  });
  const strength = slider({
    label: "Strength",
    min: 0,
    max: 1,
    step: 0.05,
    show: (value) => value.toFixed(2),
    hint: "How much noise is added: 0 keeps the drawing, 1 forgets it",
    ...bind("strength"),
  });
  const label = becomes(bind("label"));
  const fit = () => needLabel(label, state, common.info, 8);
  fit();

  const result = outcome();
  paint(result, empty(1));
  const film = new Filmstrip(({ t, x }) => {
    paint(result, x);
    const what = state.label === null ? "a digit" : aDigit(state.label);
    result.setAttribute("aria-label", `Your drawing on its way to ${what}, at t = ${t}`);
  });
  const reading = reads();

  const [pen, eraser] = brushes(["Pen", "Eraser"], (which) => {
    pad.brush = [PEN, ERASER][which];
  });
  const own = upload(pad.element, (pixels) => pad.put(pixels));
  const tools = el(
    "div",
    { className: "live-tools" },
    pen,
    eraser,
    button("Undo", () => pad.undo()),
    button("Clear", () => {
      pad.put(new Float32Array(SIDE * SIDE));
      film.reset();
      film.element.hidden = true;
      reading.clear();
      paint(result, empty(1));
    }),
    own.button,
  );
  const options = () => ({ strength: state.strength, label: state.label, ...common.how() });

  return {
    pad,
    stage: [
      el(
        "div",
        { className: "live-two live-wide" },
        el("figure", {}, pad.element, el("figcaption", {}, "Your drawing")),
        el("figure", {}, result, el("figcaption", {}, "What the model makes of it")),
      ),
      tools,
      ...own.elements,
      film.element,
      reading.element,
    ],
    panel: [strength.element, label.element, ...common.elements],
    pause: () => film.pause(),
    empty: () => pad.canvas.focus(),
    job: () =>
      pad.blank
        ? null
        : {
            model: common.state.model,
            patient: true,
            async work(engine, model, signal) {
              film.reset();
              const { images } = await engine.sdedit(model, {
                image: pad.pixels,
                ...options(),
                signal,
                watch: ({ t, x, x0 }) => film.add({ t, x: sheet(x), x0: sheet(x0) }, false),
              });
              film.done();
              if (film.frames.length === 1) paint(result, sheet(images));
              const words = await reading.show(images);
              say(words);
            },
          },
    command: () => commandOf("sdedit", options(), common.state.model, { image: "drawing.png" }),
    set(given) {
      const pixels = unpacked(given.image, SIDE * SIDE);
      if (pixels) pad.set(pixels);
      state.label = labelFrom(given.label, state.label);
      state.strength = numberFrom(given.strength, state.strength, 0, 1);
      strength.value = state.strength;
      common.set(given);
      fit();
    },
    address: () => ({
      label: state.label ?? "none",
      strength: state.strength,
      ...common.address(),
      ...(pad.blank ? {} : { image: packed(pad.pixels) }),
    }),
    ...taken(film, 120),
    files: [
      { name: "drawing.png", picture: () => (pad.blank ? null : bytesOf(sheet(pad.pixels))) },
    ],
  };
}
