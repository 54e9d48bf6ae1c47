/**
 * The live figures of the lessons, by the names that pages give them: `<div data-live="guidance">`.
 * @module
 */

import { imageSeeds, noise as drawn } from "../engine/noise.js";
import { el } from "./dom.js";
import { liveFigure } from "./figure.js";
import { distance, turning } from "./illusions.js";
import { heldOut } from "./heldout.js";
import { denoiser, labels, ladder, loss } from "./lessons.js";
import { SIDE } from "./pad.js";
import { paint } from "./paint.js";
import { controls, row, sheet } from "./parts.js";
import { packed, rounded, toHash } from "./state.js";

/** @typedef {(changed: () => void) => import("./figure.js").Parts} Build */

/** @type {(value: number) => string} */
const hundredths = (value) => value.toFixed(2);
const T = 1000;
const TIME = { label: "Time t", min: 0, max: T, step: 10, value: 400 };

/** The forward process: one digit, one noise, any time. @type {Build} */
const noiseLevel = (changed) => {
  const make = controls(changed);
  const [t, digit, noise] = [make.slider(TIME), make.digit("Digit", 3), make.seed()];
  const { canvases, element } = row("Clean image", "Noisy image");
  const words = el("p", { className: "live-note" });
  return {
    quick: true,
    stage: [element, words],
    controls: [t.element, digit.element, noise.element],
    model: null,
    async work({ NoiseSchedule }) {
      const image = await heldOut(digit.get());
      const schedule = NoiseSchedule.cosine(T);
      /** @type {import("../engine/tensors.js").Images} */
      const x0 = { values: image.map((value) => 2 * value - 1), shape: [1, 1, SIDE, SIDE] };
      const eps = drawn(imageSeeds(1, noise.get()), [1, SIDE, SIDE])();
      const { values } = schedule.addNoise(x0, t.get(), eps);
      paint(canvases[0], sheet(image));
      paint(canvases[1], sheet(values.map((value) => Math.min(Math.max((value + 1) / 2, 0), 1))));
      const [signal, sigma] = [schedule.signal(t.get()), schedule.sigma(t.get())].map(hundredths);
      words.textContent = `x_t = ${signal} · x_0 + ${sigma} · noise, by the flagship's cosine schedule`;
    },
  };
};

/** The network: what it predicts at any time, in one call. @type {Build} */
const prediction = (changed) => {
  const make = controls(changed);
  const [t, digit, noise] = [
    make.slider({ ...TIME, min: 10 }),
    make.digit("Digit", 3),
    make.seed(),
  ];
  const { canvases, element } = row("Clean image", "Noisy image", "Predicted clean image");
  return {
    quick: true,
    stage: [element],
    controls: [t.element, digit.element, noise.element],
    async work(engine, model, signal) {
      const image = await heldOut(digit.get());
      const noisy = engine.addNoise(model, { image, t: t.get(), seed: noise.get() });
      const { images } = await engine.denoise(model, { noisy, t: t.get(), once: true, signal });
      [image, model.scaling.toImages(noisy).values, images].forEach((pixels, k) =>
        paint(canvases[k], sheet(pixels)),
      );
    },
  };
};

const NAMES = { ddim: "DDIM", "dpm-solver": "DPM-Solver++", heun: "Heun", ancestral: "Ancestral" };

/** Samplers side by side, with the same noise. @type {Build} */
const steps = (changed) => {
  const make = controls(changed);
  const count = make.stops({ label: "Steps", values: [1, 2, 4, 6, 8, 10, 15, 25], value: 4 });
  const [digit, noise] = [make.digit("Digit", 8), make.seed()];
  const { canvases, element } = row(...Object.values(NAMES));
  return {
    stage: [element],
    controls: [count.element, digit.element, noise.element],
    more: () =>
      toHash("generate", {
        label: digit.get(),
        steps: count.get(),
        guidance: 1,
        seed: noise.get(),
      }),
    async work(engine, model, signal) {
      const labels = [digit.get()];
      const [steps, seed] = [count.get(), noise.get()];
      for (const [k, sampler] of Object.keys(NAMES).entries()) {
        const asked = { labels, steps, sampler, seed, guidance: 1, signal };
        const { images } = await engine.sample(model, asked);
        paint(canvases[k], sheet(images));
      }
    },
  };
};

/** Ten samples under a scale of guidance. @type {Build} */
const guidance = (changed) => {
  const make = controls(changed);
  const scale = make.stops({
    label: "Guidance",
    values: [0, 0.5, 1, 1.4, 2, 3, 4, 6, 8],
    value: 3,
  });
  const [digit, noise] = [make.digit("Digit", 3), make.seed()];
  const { canvases, element } = row("Ten samples, the same noise at every scale");
  return {
    stage: [element],
    controls: [scale.element, digit.element, noise.element],
    more: () =>
      toHash("generate", {
        label: digit.get(),
        n: 20,
        steps: 8,
        guidance: scale.get(),
        seed: noise.get(),
      }),
    async work(engine, model, signal) {
      /** @param {Float32Array} images */
      const show = (images) => paint(canvases[0], sheet(images, 10));
      const { images } = await engine.sample(model, {
        labels: Array(10).fill(digit.get()),
        guidance: scale.get(),
        seed: noise.get(),
        steps: 8,
        signal,
        watch: ({ x0 }) => show(x0),
      });
      show(images);
    },
  };
};

/** Image to image, at any strength. @type {Build} */
const strength = (changed) => {
  const make = controls(changed);
  const share = make.slider({
    label: "Strength",
    min: 0,
    max: 1,
    step: 0.05,
    value: 0.7,
    show: hundredths,
  });
  const [from, to, noise] = [make.digit("From", 7), make.digit("To", 3), make.seed()];
  const { canvases, element } = row("Image", "With noise", "Result");
  return {
    quick: true,
    stage: [element],
    controls: [share.element, from.element, to.element, noise.element],
    async more() {
      const image = packed(await heldOut(from.get()));
      const how = { label: to.get(), strength: share.get(), steps: 10, seed: noise.get() };
      return toHash("draw", { model: "digits", ...how, image });
    },
    async work(engine, model, signal) {
      const image = rounded(await heldOut(from.get())); // as an address holds it
      /** @type {Float32Array} */
      let noisy = image;
      const { images } = await engine.sdedit(model, {
        image,
        strength: share.get(),
        label: to.get(),
        seed: noise.get(),
        steps: 10,
        signal,
        states: true,
        watch: ({ t, x }) => {
          if (t > 0 && noisy === image) noisy = x;
        },
      });
      [image, noisy, images].forEach((pixels, k) => paint(canvases[k], sheet(pixels)));
    },
  };
};

/** A square hole to move over a digit. @type {Build} */
const mask = (changed) => {
  const make = controls(changed);
  const place = { min: 0, max: 16, value: 8 };
  const [x, y] = [
    make.slider({ label: "From the left", ...place }),
    make.slider({ label: "From the top", ...place }),
  ];
  const [digit, noise] = [make.digit("Digit", 8), make.seed()];
  const { canvases, element } = row("What is known", "Four fillings");
  const holed = () =>
    Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [row, column] = [Math.floor(i / SIDE) - y.get(), (i % SIDE) - x.get()];
      return Number(row >= 0 && row < 12 && column >= 0 && column < 12);
    });
  return {
    stage: [element],
    controls: [x.element, y.element, digit.element, noise.element],
    more: () =>
      toHash("fill", { picture: digit.get(), steps: 15, seed: noise.get(), mask: packed(holed()) }),
    async work(engine, model, signal) {
      const image = await heldOut(digit.get());
      const hole = holed();
      paint(canvases[0], sheet(image.map((value, i) => (hole[i] ? 0.35 : value))));
      /** @param {Float32Array} images */
      const show = (images) => paint(canvases[1], sheet(images, 4));
      const asked = { image, mask: hole, n: 4, steps: 15, seed: noise.get(), signal };
      const { images } = await engine.inpaint(model, { ...asked, watch: ({ x }) => show(x) });
      show(images);
    },
  };
};

/** @type {Record<string, Build>} */
const FIGURES = {
  "noise-level": noiseLevel,
  denoiser,
  prediction,
  loss,
  steps,
  ladder,
  labels,
  guidance,
  strength,
  mask,
  turning,
  distance,
};

for (const host of document.querySelectorAll("[data-live]")) {
  const { live = "" } = /** @type {HTMLElement} */ (host).dataset;
  if (FIGURES[live]) liveFigure(/** @type {HTMLElement} */ (host), FIGURES[live]);
}
