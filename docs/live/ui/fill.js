/**
 * Erase and fill: the reader hides a part of a digit, and the model fills it in several ways.
 * @module
 */

import { commandOf } from "../engine/commands.js";
import { choices, digits, slider } from "./controls.js";
import { button, el } from "./dom.js";
import { becomes, binding, brushes, needLabel, numbers, outcome, taken } from "./editing.js";
import { Filmstrip } from "./filmstrip.js";
import { heldOut } from "./heldout.js";
import { Pad, SIDE } from "./pad.js";
import { bytesOf, empty, paint } from "./paint.js";
import { sheet } from "./parts.js";
import { reads } from "./reads.js";
import { settings } from "./settings.js";
import { labelFrom, packed, unpacked } from "./state.js";

const PIXELS = SIDE * SIDE;

/** How much of the hidden part is red, green and blue. */
const VEIL = [213, 94, 0];

/** The half of a picture that is hidden at first. */
function lowerHalf() {
  const mask = new Float32Array(PIXELS);
  return mask.fill(1, PIXELS / 2);
}

/**
 * @param {Pad} drawing of the tool beside this one
 * @returns {(frame: import("./tool.js").Frame) => import("./tool.js").Parts}
 */
export const fill =
  (drawing) =>
  ({ models, changed, say }) => {
    /** @type {{ digit: number | null, label: number | null, n: number, repeats: number }} */
    const state = { digit: 7, label: null, n: 4, repeats: 1 };
    const bind = binding(state, () => changed());
    /** @type {Float32Array} */
    let image = new Float32Array(PIXELS);
    const common = settings({
      models,
      usual: { steps: 25, sampler: "ancestral" },
      onchange() {
        fit();
        changed();
      },
    });
    const pad = new Pad({
      label: "Mask over the picture",
      paint: veil,
      onchange: (ended) => ended && changed({ start: true }),
    });
    pad.set(lowerHalf());

    /** @param {HTMLCanvasElement} canvas @param {Float32Array} mask */
    function veil(canvas, mask) {
      const data = new ImageData(SIDE, SIDE);
      for (let i = 0; i < PIXELS; i++) {
        const grey = 255 * image[i];
        const stripe = (Math.floor(i / SIDE) + i) % 2 ? 0.75 : 0.6;
        const share = mask[i] ? stripe : 0;
        data.data.set([...VEIL.map((value) => share * value + (1 - share) * grey), 255], 4 * i);
      }
      canvas.getContext("2d")?.putImageData(data, 0, 0);
    }
    async function choose() {
      try {
        image = state.digit === null ? drawing.pixels.slice() : await heldOut(state.digit);
      } catch {
        say("The held-out digits cannot be downloaded: choose one again.");
      }
      pad.paint();
    }
    const picture = digits({
      label: "Picture",
      none: "Mine",
      ...binding(state, () => choose().then(() => changed()))("digit"),
    });
    const label = becomes(bind("label"));
    const fit = () => needLabel(label, state, common.info, state.digit ?? 7);
    const count = numbers("Fillings", [1, 4, 10], bind("n"));
    const repeats = choices({
      label: "Take each step",
      choices: [
        { value: 1, text: "Once" },
        {
          value: 3,
          text: "Three times",
          title: "Three times, as in RePaint: the parts fit better",
        },
      ],
      ...bind("repeats"),
    });
    const width = slider({
      label: "Brush",
      min: 1,
      max: 5,
      step: 0.5,
      value: 2.5,
      show: (value) => `${2 * value} pixels`,
      onchange: () => take(pad.brush.value),
    });
    const [hide, keep] = brushes(["Hide", "Keep"], (which) => take(which ? 0 : 1));
    const take = (/** @type {0 | 1} */ value) => {
      pad.brush = { radius: width.value, soft: 0, value };
    };
    take(1);

    const result = outcome();
    paint(result, empty(state.n));
    const film = new Filmstrip(({ t, x }) => {
      paint(result, x);
      result.setAttribute("aria-label", `${x.n} fillings at t = ${t}`);
    });
    const reading = reads();
    const options = () => ({
      label: state.label,
      n: state.n,
      repeats: state.repeats,
      ...common.how(),
    });

    return {
      stage: [
        el(
          "div",
          { className: "live-two live-wide" },
          el("figure", {}, pad.element, el("figcaption", {}, "Brush over what is to be filled in")),
          el("figure", {}, result, el("figcaption", {}, "Filled in")),
        ),
        el(
          "div",
          { className: "live-tools" },
          hide,
          keep,
          button("Undo", () => pad.undo()),
          button("Hide nothing", () => pad.put(new Float32Array(PIXELS))),
          button("Hide the lower half", () => pad.put(lowerHalf())),
        ),
        film.element,
        reading.element,
      ],
      panel: [
        picture.element,
        width.element,
        label.element,
        count.element,
        repeats.element,
        ...common.elements,
      ],
      pause: () => film.pause(),
      enter: choose,
      empty: () => pad.canvas.focus(),
      job: () =>
        pad.blank
          ? null
          : {
              model: common.state.model,
              async work(engine, model, signal) {
                if (state.digit !== null) image = await heldOut(state.digit);
                film.reset();
                const { n } = state;
                const { images } = await engine.inpaint(model, {
                  image,
                  mask: pad.pixels,
                  ...options(),
                  signal,
                  batch: n,
                  watch: ({ t, x, x0 }) => film.add({ t, x: sheet(x, n), x0: sheet(x0, n) }),
                });
                film.done();
                const wanted = state.label === null ? [] : Array(n).fill(state.label);
                say(await reading.show(images, wanted));
              },
            },
      command: () =>
        commandOf("inpaint", options(), common.state.model, {
          image: "picture.png",
          mask: "mask.png",
        }),
      set(given) {
        state.digit = labelFrom(given.picture, state.digit);
        state.label = labelFrom(given.label, null);
        state.n = ["1", "10"].includes(given.n) ? Number(given.n) : 4;
        const [own, mask] = [unpacked(given.image, PIXELS), unpacked(given.mask, PIXELS)];
        if (own && state.digit === null) drawing.set(own);
        if (mask) pad.set(mask.map(Math.round));
        picture.value = state.digit;
        state.repeats = given.repeats === "3" ? 3 : 1;
        count.value = state.n;
        repeats.value = state.repeats;
        common.set(given);
        fit();
        choose();
      },
      address: () => ({
        picture: state.digit ?? "none",
        label: state.label ?? "none",
        ...(state.n === 4 ? {} : { n: state.n }),
        ...(state.repeats === 1 ? {} : { repeats: state.repeats }),
        ...common.address(),
        ...(state.digit === null ? { image: packed(image) } : {}),
        mask: packed(pad.pixels),
      }),
      ...taken(film),
      files: [
        { name: "picture.png", picture: () => bytesOf(sheet(image)) },
        { name: "mask.png", picture: () => bytesOf(sheet(pad.pixels)) },
      ],
    };
  };
