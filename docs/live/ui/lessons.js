/**
 * The live figures of the lessons on denoising, training, steps and labels.
 * @module
 */

import { el } from "./dom.js";
import { heldOut } from "./heldout.js";
import { SIDE } from "./pad.js";
import { paint } from "./paint.js";
import { controls, row, sheet } from "./parts.js";
import { toHash } from "./state.js";

/** @typedef {import("./figures.js").Build} Build */
/** @typedef {import("../engine/model.js").Diffusion} Diffusion */

const TIME = { label: "Time t", min: 10, max: 1000, step: 10, value: 400 };

/** Noise as grey levels, with 0 in the middle. @param {Float32Array} noise */
const grey = (noise) => noise.map((value) => Math.min(Math.max(0.5 + value / 5, 0), 1));

/**
 * The time at which noise and image have this ratio, in pixels from 0 to 1.
 * @param {Diffusion} model @param {number} strength
 */
function timeOf({ schedule, scaling }, strength) {
  const wanted = strength / scaling.std;
  let t = 1;
  while (t < schedule.T && schedule.sigma(t) < wanted * schedule.signal(t)) t++;
  return t;
}

/** A denoiser: noise of any strength, removed in one step. @type {Build} */
export const denoiser = (changed) => {
  const make = controls(changed);
  const strength = make.slider({
    label: "Strength of the noise",
    min: 0.1,
    max: 2,
    step: 0.1,
    value: 0.5,
    show: (value) => value.toFixed(1),
  });
  const [digit, noise] = [make.digit("Digit", 5), make.seed()];
  const { canvases, element } = row("Clean image", "Noisy image", "Denoised image");
  return {
    quick: true,
    stage: [element],
    controls: [strength.element, digit.element, noise.element],
    async work(engine, model, signal) {
      const image = await heldOut(digit.get());
      const t = timeOf(model, strength.get());
      const noisy = engine.addNoise(model, { image, t, seed: noise.get() });
      const { images } = await engine.denoise(model, { noisy, t, once: true, signal });
      const shown = model.scaling.toImages({
        ...noisy,
        values: noisy.values.map((value) => value / model.schedule.signal(t)),
      });
      [image, shown.values, images].forEach((pixels, k) => paint(canvases[k], sheet(pixels)));
    },
  };
};

/** The loss of one image at one time. @type {Build} */
export const loss = (changed) => {
  const make = controls(changed);
  const [t, digit, noise] = [make.slider(TIME), make.digit("Digit", 3), make.seed()];
  const { canvases, element } = row("Noisy image", "The noise in it", "The predicted noise");
  const words = el("p", { className: "live-note" });
  return {
    quick: true,
    stage: [element, words],
    controls: [t.element, digit.element, noise.element],
    async work(engine, model) {
      const image = await heldOut(digit.get());
      const eps = model.noise(1, { seed: noise.get() })();
      const noisy = engine.addNoise(model, { image, t: t.get(), seed: noise.get() });
      const given = await model.epsFn([digit.get()], 1)(noisy, t.get());
      const squares = given.values.map((value, i) => (value - eps.values[i]) ** 2);
      const mean = squares.reduce((sum, value) => sum + value, 0) / (SIDE * SIDE);
      paint(canvases[0], sheet(model.scaling.toImages(noisy).values));
      paint(canvases[1], sheet(grey(eps.values)));
      paint(canvases[2], sheet(grey(given.values)));
      words.textContent = `The mean squared error of this prediction is ${mean.toFixed(4)}.`;
    },
  };
};

/** One step against many, from the same noisy image. @type {Build} */
export const ladder = (changed) => {
  const make = controls(changed);
  const time = make.slider({ ...TIME, min: 50, step: 50, value: 600 });
  const [digit, noise] = [make.digit("Digit", 4), make.seed()];
  const { canvases, element } = row("Clean image", "Noisy image", "In one step", "In many steps");
  return {
    stage: [element],
    controls: [time.element, digit.element, noise.element],
    async work(engine, model, signal) {
      const image = await heldOut(digit.get());
      const t = time.get();
      const noisy = engine.addNoise(model, { image, t, seed: noise.get() });
      const once = await engine.denoise(model, { noisy, t, once: true, signal });
      const shown = model.scaling.toImages(noisy).values;
      [image, shown, once.images].forEach((pixels, k) => paint(canvases[k], sheet(pixels)));
      const how = { noisy, t, steps: 20, seed: noise.get(), signal };
      const many = await engine.denoise(model, how);
      paint(canvases[3], sheet(many.images));
    },
  };
};

/** The same noise with a label and without. @type {Build} */
export const labels = (changed) => {
  const make = controls(changed);
  const [digit, noise] = [make.digit("Label", 3), make.seed()];
  const { canvases, element } = row("With the label", "From the same noise, without a label");
  const how = () => ({ seed: noise.get(), steps: 8 });
  return {
    stage: [element],
    controls: [digit.element, noise.element],
    more: () => toHash("generate", { label: digit.get(), n: 5, guidance: 1, ...how() }),
    async work(engine, model, signal) {
      for (const [k, guidance] of [1, 0].entries()) {
        const asked = { labels: Array(5).fill(digit.get()), guidance, signal, ...how() };
        const { images } = await engine.sample(model, asked);
        paint(canvases[k], sheet(images, 5));
      }
    },
  };
};
