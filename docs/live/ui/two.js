/**
 * Two in one: anagrams, which are another digit when they are turned, and hybrids, which are
 * another digit from a distance.
 * @module
 */

import { ACROSS, CONTRAST } from "../engine/choices.js";
import { commandOf } from "../engine/commands.js";
import { average, map, tiles } from "../engine/tensors.js";
import { through, view } from "../engine/views.js";
import { choices, digits, list } from "./controls.js";
import { el, still } from "./dom.js";
import { binding, numbers } from "./editing.js";
import { bytesOf } from "./paint.js";
import { reads } from "./reads.js";
import { settings } from "./settings.js";
import { labelFrom } from "./state.js";
import { TURNS } from "./turning.js";
import { Viewer } from "./viewer.js";

/** @typedef {import("./paint.js").Sheet} Sheet */
/** @typedef {import("../engine/tensors.js").Images} Images */
/** @typedef {"anagram" | "hybrid"} Kind */

/** What is usual for each kind. */
const USUAL = {
  anagram: { first: 6, second: 9, guidance: 10, steps: 25 },
  hybrid: { first: 3, second: 8, guidance: 4, steps: 15 },
};

/** What stands there before the first picture. */
const GALLERY = "../../assets/figures/anagrams/anagram-gallery.png";

/**
 * @param {import("./tool.js").Frame} frame
 * @returns {import("./tool.js").Parts}
 */
export function two({ models, changed, say }) {
  const state = {
    kind: /** @type {Kind} */ ("anagram"),
    first: /** @type {number | null} */ (6),
    second: /** @type {number | null} */ (9),
    view: "rotate_180",
    across: ACROSS,
  };
  const usual = { steps: 25, sampler: "ancestral", guidance: 10 };
  const common = settings({ models, usual, onchange: changed });
  const viewer = new Viewer();
  const [near, far] = [reads(), reads()];
  const placeholder = el("figure", { hidden: true });

  /** Sets what is usual for a kind. @param {Kind} kind @param {Record<string, string>} [given] */
  const begin = (kind, given = {}) => {
    const { guidance, steps, ...labels } = USUAL[kind];
    state.kind = kind;
    state.first = labelFrom(given.first, labels.first) ?? labels.first;
    state.second = labelFrom(given.second, labels.second) ?? labels.second;
    Object.assign(usual, { guidance, steps });
    common.set(given);
  };

  const bind = binding(state, (key) => {
    if (key === "kind") begin(state.kind, { seed: String(common.state.seed) });
    show();
    changed();
  });
  /** @type {{ value: Kind, text: string, title: string }[]} */
  const kinds = [
    { value: "anagram", text: "Anagram", title: "Anagram: another digit when it is turned" },
    { value: "hybrid", text: "Hybrid", title: "Hybrid: another digit from a distance" },
  ];
  const kind = choices({ label: "Kind", choices: kinds, ...bind("kind") });
  const first = digits({ label: "As it is", ...bind("first") });
  const second = digits({ label: "Through the view", ...bind("second") });
  const views = list({ label: "View", choices: TURNS, ...bind("view") });
  const across = numbers("Tiles a side", [1, 2, 4], bind("across"));

  function show() {
    const hybrid = state.kind === "hybrid";
    /** @type {(element: HTMLElement, text: string) => void} */
    const name = (element, text) => {
      const legend = element.querySelector("legend");
      if (legend) legend.textContent = text;
    };
    name(first.element, hybrid ? "From a distance" : "As it is");
    name(second.element, hybrid ? "Up close" : "Through the view");
    views.element.hidden = hybrid;
    across.element.hidden = !hybrid;
    for (const [control, value] of /** @type {const} */ ([
      [kind, state.kind],
      [first, state.first],
      [second, state.second],
      [views, state.view],
      [across, state.across],
    ])) {
      /** @type {{ value: any }} */ (control).value = value;
    }
  }
  show();

  const labels = () => [state.first ?? 0, state.second ?? 0];
  const options = {
    anagram: () => ({ labels: labels(), views: ["identity", state.view], ...common.how() }),
    hybrid: () => {
      const [far, near] = labels();
      return { far, near, across: state.across, ...common.how() };
    },
  };

  /** What the classifier reads of it in both ways. @param {Sheet} sheet */
  async function read({ images, height }) {
    /** @type {Images} */
    const picture = { values: Float32Array.from(images), shape: [1, 1, height, height] };
    const [a, b] = labels();
    if (state.kind === "anagram") {
      const seen = through(picture, view(state.view)).values;
      const asItIs = await near.show(images, [a], "As it is, ");
      return `${asItIs} ${await far.show(seen, [b], "Through the view, ")}`;
    }
    // The far image has a part of the range; the classifier has learned from the whole of it.
    const contrast = state.across === 1 ? 1 : CONTRAST;
    const away = map(average(picture, state.across), (value) =>
      Math.min(Math.max((value - 0.5) / contrast + 0.5, 0), 1),
    );
    const there = await far.show(away.values, [a], "From a distance, ");
    const parts = tiles(picture, state.across);
    const wanted = Array(state.across ** 2).fill(b);
    return `${there} ${await near.show(parts.values, wanted, "Up close, ")}`;
  }

  return {
    stage: [placeholder, viewer.pair, viewer.row, near.element, far.element],
    panel: [
      kind.element,
      first.element,
      second.element,
      views.element,
      across.element,
      ...common.elements,
    ],
    pause: () => viewer.pause(),
    enter() {
      if (viewer.sheet || placeholder.firstChild) return;
      const alt = "Five pictures, each shown twice: as it is and turned, where it is another digit";
      const src = new URL(GALLERY, import.meta.url).href;
      placeholder.append(el("img", { src, alt, width: 1050, height: 232 }));
      placeholder.hidden = false;
    },
    job: () => ({
      model: common.state.model,
      async work(engine, model, signal) {
        const hybrid = state.kind === "hybrid";
        const side = 28 * (hybrid ? state.across : 1);
        /** @param {Float32Array} images @returns {Sheet} */
        const sheet = (images) => ({ images, n: 1, height: side, width: side });
        placeholder.hidden = true;
        near.clear();
        far.clear();
        viewer.name(hybrid ? null : state.view);
        const watching = {
          signal,
          /** @param {{ x: Float32Array }} now */
          watch: ({ x }) => {
            if (!still()) viewer.put(sheet(x));
          },
        };
        const { images } = hybrid
          ? await engine.hybrid(model, { ...options.hybrid(), ...watching })
          : await engine.anagram(model, { ...options.anagram(), ...watching });
        viewer.put(sheet(images));
        say(await read(sheet(images)));
        if (!still()) viewer.start();
      },
    }),
    command: () => commandOf(state.kind, options[state.kind](), common.state.model),
    set(given) {
      begin(given.kind === "hybrid" ? "hybrid" : "anagram", given);
      if (TURNS.some(({ value }) => value === given.view)) state.view = given.view;
      state.across = ["1", "2"].includes(given.across) ? Number(given.across) : ACROSS;
      show();
    },
    address: () => ({
      kind: state.kind,
      first: state.first ?? 0,
      second: state.second ?? 0,
      ...(state.kind === "hybrid" ? { across: state.across } : { view: state.view }),
      ...common.address(),
    }),
    picture: () => (viewer.sheet ? bytesOf(viewer.sheet) : null),
    moving: () => (viewer.sheet ? () => ({ frames: viewer.frames() }) : null),
  };
}
