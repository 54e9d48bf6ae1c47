/**
 * Two dimensions: points, their exact score, and what samplers do in it.
 * @module
 */

import { between, exactEps, pointNoise } from "../engine/points.js";
import { SAMPLERS, sample } from "../engine/sampling.js";
import { NoiseSchedule } from "../engine/schedule.js";
import { strided } from "../engine/timesteps.js";
import { choices, list, seed, slider, stops } from "./controls.js";
import { DATA } from "./datasets.js";
import { SAMPLERS as ALL_SAMPLERS } from "./settings.js";
import { button, el, newId, still } from "./dom.js";
import { dotted } from "./dotted.js";
import { Plane, gridPlaces } from "./plane.js";

/** @typedef {import("../engine/points.js").Point} Point */
/** @typedef {import("../engine/sampling.js").EpsFn} EpsFn */

const T = 1000;
const SIGMA = 0.05;
const SAMPLES = 90;
const PERIOD = 60;
/** Points of the reader's own. */
const MOST = 400;
const schedule = NoiseSchedule.cosine(T);

const root = document.getElementById("dimensions");
if (root) open(root);

/** @param {HTMLElement} root */
function open(root) {
  const state = {
    kind: "spiral",
    label: /** @type {number | null} */ (null),
    guidance: 1,
    sampler: "ddim",
    steps: 12,
    seed: 0,
    arrows: true,
    pen: 0,
  };
  /** @type {Point[]} */
  let data = DATA.spiral();
  /** @type {{ t: number, x: Float32Array }[]} */
  let states = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const plane = new Plane();

  /** The estimate that all is sampled by. @returns {EpsFn} */
  function estimate() {
    const own = data.filter(({ label }) => label === state.label);
    const all = exactEps(data, schedule, SIGMA);
    if (state.label === null || own.length === 0) return all;
    return between(exactEps(own, schedule, SIGMA), all, state.guidance);
  }

  /** Samples again, and shows it. */
  async function run() {
    pause();
    states = [];
    if (data.length) {
      const noise = pointNoise(SAMPLES, state.seed);
      const path = strided(T, state.steps);
      const step = SAMPLERS[state.sampler];
      for await (const { t, x } of sample(estimate(), noise(), path, schedule, { noise, step })) {
        states.push({ t, x: x.values });
      }
    }
    show();
  }

  /** The states until the time that the slider is at. */
  async function show() {
    const t = T - time.value;
    const until = states.filter((each) => each.t >= t);
    /** @type {Float32Array | null} */
    let arrows = null;
    if (state.arrows && t > 0 && data.length) {
      const places = Float32Array.from(gridPlaces().flat());
      const { values } = await estimate()(
        { values: places, shape: [places.length / 2, 1, 1, 2] },
        t,
      );
      arrows = values.map((value) => -value);
    }
    const signal = Math.sqrt(schedule.alphaBar[t]);
    plane.draw({ data, signal, arrows, states: until.map(({ x }) => x) });
    const words = `${data.length} data points at t = ${t}, and ${SAMPLES} samples after ${Math.max(0, until.length - 1)} of ${state.steps} steps`;
    plane.canvas.setAttribute("aria-label", `${words}. ${state.kind === "own" ? drawing.textContent : ""}`.trim());
    caption.textContent = `${words}.`;
  }

  function pause() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  function start() {
    if (still()) {
      time.value = time.value === T ? 0 : T;
      show();
      return;
    }
    if (time.value === T) time.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => {
      time.value = Math.min(T, time.value + 20);
      show();
      if (time.value === T) pause();
    }, PERIOD);
  }

  /** @type {<K extends keyof typeof state>(key: K) => (value: (typeof state)[K]) => void} */
  const sets = (key) => (value) => {
    state[key] = value;
    if (key === "kind") data = state.kind === "own" ? [] : DATA[state.kind]();
    pen.element.hidden = erase.hidden = drawing.hidden = state.kind !== "own";
    plane.canvas.classList.toggle("live-own", state.kind === "own");
    run();
  };
  const kind = choices({
    label: "Data",
    choices: [
      { value: "spiral", text: "Spiral" },
      { value: "moons", text: "Moons" },
      { value: "clusters", text: "Clusters" },
      { value: "labels", text: "Two labels" },
      { value: "own", text: "Draw" },
    ],
    value: state.kind,
    onchange: sets("kind"),
  });
  const pen = choices({
    label: "Label of what you draw",
    choices: [0, 1].map((value) => ({ value, text: value ? "B" : "A" })),
    value: state.pen,
    onchange: (value) => (state.pen = value),
  });
  const erase = button("Clear", () => {
    data = [];
    run();
  });
  const label = choices({
    label: "Sample",
    choices: [
      { value: /** @type {number | null} */ (null), text: "Any" },
      { value: 0, text: "A (blue)" },
      { value: 1, text: "B (orange)" },
    ],
    value: state.label,
    onchange: sets("label"),
  });
  const guidance = stops({
    label: "Guidance",
    values: [0, 0.5, 1, 1.5, 2, 3, 5, 8],
    value: state.guidance,
    show: (value) => (value === 1 ? "1 (none)" : String(value)),
    onchange: sets("guidance"),
  });
  const sampler = list({
    label: "Sampler",
    choices: ALL_SAMPLERS,
    value: state.sampler,
    onchange: sets("sampler"),
  });
  const steps = stops({
    label: "Steps",
    values: [1, 2, 3, 4, 6, 8, 12, 20, 50, 200],
    value: state.steps,
    onchange: sets("steps"),
  });
  const noise = seed({ value: state.seed, onchange: sets("seed") });
  const arrows = choices({
    label: "Arrows of the score",
    choices: ["Hide", "Show"].map((text, value) => ({ value, text })),
    value: 1,
    onchange(value) {
      state.arrows = value === 1;
      show();
    },
  });
  const time = slider({
    label: "From noise to data",
    min: 0,
    max: T,
    step: 10,
    value: T,
    show: (value) => `t = ${T - value}`,
    onchange() {
      pause();
      show();
    },
  });
  const play = button("Play", () => (timer ? pause() : start()), {
    className: "live-button live-play",
  });
  const caption = el("p", { className: "live-note", id: newId("plane") });
  const drawing = el(
    "p",
    { className: "live-note", hidden: true },
    "Draw with the mouse or a finger, or move with the arrow keys and add a point with the space bar.",
  );
  pen.element.hidden = erase.hidden = true;

  dotted(plane, {
    on: () => state.kind === "own",
    add(x, y) {
      if (data.length < MOST) data.push({ x, y, label: state.pen });
    },
    show,
    run,
    say: (words) => (caption.textContent = words),
  });

  root.replaceChildren(
    el(
      "div",
      { className: "live-tool" },
      el("div", { className: "live-start" }, kind.element),
      el(
        "div",
        { className: "live-stage" },
        plane.canvas,
        el("div", { className: "live-along" }, time.element, play),
        caption,
        drawing,
      ),
      el(
        "div",
        { className: "live-panel" },
        pen.element,
        erase,
        sampler.element,
        steps.element,
        label.element,
        guidance.element,
        arrows.element,
        noise.element,
      ),
    ),
  );
  root.classList.add("live");
  new ResizeObserver(() => show()).observe(plane.canvas);
  new MutationObserver(() => show()).observe(document.body, {
    attributeFilter: ["data-md-color-scheme"],
  });
  run();
}
