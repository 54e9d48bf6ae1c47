/**
 * Two in one: anagrams, which are another digit when they are turned, and hybrids, which are
 * another digit from a distance.
 * @module
 */

import { commandOf } from "../engine/commands.js";
import { average } from "../engine/tensors.js";
import { view } from "../engine/views.js";
import { choices, digits, list, slider } from "./controls.js";
import { button, el, still } from "./dom.js";
import { bytesOf, paint } from "./paint.js";
import { reads } from "./reads.js";
import { settings } from "./settings.js";
import { labelFrom } from "./state.js";
import { LARGE, TURNS, distant, greyOf, turned } from "./turning.js";

const FRAMES = 14;
const PERIOD = 40;

/** @typedef {import("./paint.js").Sheet} Sheet */
/** @typedef {"anagram" | "hybrid"} Kind */

/**
 * @param {HTMLElement | null} placeholder stands there before the first picture
 * @returns {(frame: import("./tool.js").Frame) => import("./tool.js").Parts}
 */
export const two = (placeholder) => ({ models, changed, say }) => {
  const state = {
    kind: /** @type {Kind} */ ("anagram"),
    first: /** @type {number | null} */ (6),
    second: /** @type {number | null} */ (9),
    view: "rotate_180",
    across: 2,
  };
  /** @type {Sheet | null} */
  let made = null;
  let madeBy = { kind: state.kind, view: state.view };
  const common = settings({ models, usual: { steps: 25, sampler: "ancestral", guidance: 10 }, onchange: changed });

  /** @type {<K extends keyof typeof state>(key: K) => (value: (typeof state)[K]) => void} */
  const sets = (key) => (value) => {
    state[key] = value;
    if (key === "kind") {
      const near = value === "hybrid";
      common.set({ guidance: near ? "4" : "10", seed: String(common.state.seed) });
      [state.first, state.second] = near ? [3, 8] : [6, 9];
    }
    layout();
    changed();
  };
  const kind = choices({
    label: "Kind",
    choices: [
      { value: /** @type {Kind} */ ("anagram"), text: "Anagram", title: "Another digit when it is turned" },
      { value: /** @type {Kind} */ ("hybrid"), text: "Hybrid", title: "Another digit from a distance" },
    ],
    value: state.kind,
    onchange: sets("kind"),
  });
  const first = digits({ label: "As it is", value: state.first, onchange: sets("first") });
  const second = digits({ label: "Through the view", value: state.second, onchange: sets("second") });
  const views = list({ label: "View", choices: TURNS, value: state.view, onchange: sets("view") });
  const across = choices({
    label: "Tiles a side",
    choices: [1, 2, 4].map((value) => ({ value, text: String(value) })),
    value: state.across,
    onchange: sets("across"),
  });

  const [canvas, other] = [0, 1].map(() => el("canvas", { className: "live-canvas", role: "img", width: LARGE, height: LARGE }));
  const captions = [0, 1].map(() => el("figcaption"));
  const pair = el(
    "div",
    { className: "live-two live-hands", hidden: true },
    el("figure", {}, canvas, captions[0]),
    el("figure", {}, other, captions[1]),
  );
  const along = slider({
    label: "Turn",
    min: 0,
    max: 1,
    step: 0.01,
    value: 0,
    show: (value) => `${Math.round(100 * value)} %`,
    onchange() {
      pause();
      show();
    },
  });
  const play = button("Turn it", () => (timer ? pause() : start()));
  const row = el("div", { className: "live-along", hidden: true }, along.element, play);
  const [near, far] = [reads("it"), reads("the other view")];

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  function pause() {
    clearInterval(timer);
    timer = undefined;
  }
  function start() {
    const to = along.value > 0.5 ? 0 : 1;
    if (still()) {
      along.value = to;
      show();
      return;
    }
    timer = setInterval(() => {
      const next = along.value + (to ? 0.03 : -0.03);
      along.value = Math.min(Math.max(next, 0), 1);
      show();
      if (along.value === to) pause();
    }, PERIOD);
  }

  function show() {
    if (!made) return;
    const hybrid = madeBy.kind === "hybrid";
    const at = along.value;
    if (hybrid) {
      distant(canvas, made, at);
      distant(other, made, at, true);
    } else {
      turned(canvas, made, madeBy.view, at);
      turned(other, made, madeBy.view, 1);
    }
    const shown = hybrid ? `at ${Math.round(100 * at)} % of the distance` : `turned by ${Math.round(100 * at)} %`;
    canvas.setAttribute("aria-label", `The picture, ${shown}`);
    other.setAttribute("aria-label", hybrid ? "What of it is left there, enlarged" : "The picture through the view");
  }

  function layout() {
    const hybrid = state.kind === "hybrid";
    const set = (/** @type {HTMLElement} */ element, /** @type {string} */ text) => {
      const named = element.querySelector("legend, label");
      if (named) named.textContent = text;
    };
    set(first.element, hybrid ? "From a distance" : "As it is");
    set(second.element, hybrid ? "Up close" : "Through the view");
    set(along.element, hybrid ? "Distance" : "Turn");
    play.textContent = hybrid ? "Step back" : "Turn it";
    captions[0].textContent = hybrid ? "Drag, or use the slider" : "Drag to turn it";
    captions[1].textContent = hybrid ? "What of it is left there, enlarged" : "Through the view";
    views.element.hidden = hybrid;
    across.element.hidden = !hybrid;
    kind.value = state.kind;
    first.value = state.first;
    second.value = state.second;
    views.value = state.view;
    across.value = state.across;
  }

  canvas.classList.add("live-turn");
  /** @type {{ x: number, value: number } | null} */
  let held = null;
  canvas.addEventListener("pointerdown", (event) => {
    pause();
    canvas.setPointerCapture(event.pointerId);
    held = { x: event.clientX, value: along.value };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    const moved = (event.clientX - held.x) / canvas.clientWidth;
    along.value = Math.min(Math.max(held.value + moved, 0), 1);
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (held = null));

  const labels = () => [state.first ?? 0, state.second ?? 0];
  const anagramOptions = () => ({ labels: labels(), views: ["identity", state.view], ...common.how() });
  const hybridOptions = () => ({ far: labels()[0], near: labels()[1], across: state.across, ...common.how() });

  /** @param {Sheet} sheet */
  async function read({ images, height }) {
    const picture = { values: Float32Array.from(images), shape: /** @type {[number, number, number, number]} */ ([1, 1, height, height]) };
    const [a, b] = labels();
    if (state.kind === "anagram") {
      /** @type {(value: number) => number} */
      const there = (value) => 2 * value - 1;
      const centred = { ...picture, values: picture.values.map(there) };
      const seen = view(state.view).apply(centred).values.map((value) => (value + 1) / 2);
      return `${await near.show(images, [a])} ${await far.show(seen, [b])}`;
    }
    const away = await far.show(average(picture, state.across).values, [a]);
    if (state.across === 1) {
      near.clear();
      return away;
    }
    const { tiles } = await import("../engine/tensors.js");
    const parts = tiles(picture, state.across);
    return `${away} ${await near.show(parts.values, Array(state.across ** 2).fill(b))}`;
  }
  layout();

  return {
    stage: [...(placeholder ? [placeholder] : []), pair, row, near.element, far.element],
    panel: [kind.element, first.element, second.element, views.element, across.element, ...common.elements],
    pause,
    job: () => ({
      model: common.state.model,
      async work(engine, model, signal) {
        pause();
        const hybrid = state.kind === "hybrid";
        const side = 28 * (hybrid ? state.across : 1);
        /** @param {Float32Array} images @returns {Sheet} */
        const sheet = (images) => ({ images, n: 1, height: side, width: side });
        placeholder?.remove();
        pair.hidden = row.hidden = false;
        near.clear();
        far.clear();
        along.value = 0;
        madeBy = { kind: state.kind, view: state.view };
        const watching = {
          signal,
          /** @param {{ x: Float32Array }} now */
          watch(now) {
            made = sheet(now.x);
            if (!still()) show();
          },
        };
        const { images } = hybrid
          ? await engine.hybrid(model, { ...hybridOptions(), ...watching })
          : await engine.anagram(model, { ...anagramOptions(), ...watching });
        made = sheet(images);
        show();
        say(await read(made));
        if (!still()) start();
      },
    }),
    command: () =>
      state.kind === "hybrid"
        ? commandOf("hybrid", hybridOptions(), common.state.model)
        : commandOf("anagram", anagramOptions(), common.state.model),
    set(given) {
      state.kind = given.kind === "hybrid" ? "hybrid" : "anagram";
      const usual = state.kind === "hybrid" ? ["3", "8", "4"] : ["6", "9", "10"];
      state.first = labelFrom(given.first ?? usual[0], 6) ?? 6;
      state.second = labelFrom(given.second ?? usual[1], 9) ?? 9;
      if (TURNS.some(({ value }) => value === given.view)) state.view = given.view;
      state.across = ["1", "2", "4"].includes(given.across) ? Number(given.across) : 2;
      common.set({ guidance: usual[2], ...given });
      layout();
    },
    address: () => ({
      kind: state.kind,
      first: state.first,
      second: state.second,
      ...(state.kind === "hybrid" ? { across: state.across } : { view: state.view }),
      ...common.address(),
      guidance: common.state.guidance,
    }),
    picture: () => (made ? bytesOf(made) : null),
    moving() {
      const sheet = made;
      if (!sheet) return null;
      const drawn = document.createElement("canvas");
      const frames = Array.from({ length: 2 * FRAMES }, (_, k) => {
        const share = k <= FRAMES ? k / FRAMES : 2 - k / FRAMES;
        if (madeBy.kind === "hybrid") distant(drawn, sheet, share);
        else turned(drawn, sheet, madeBy.view, share);
        return greyOf(drawn);
      });
      return { frames };
    },
  };
};
