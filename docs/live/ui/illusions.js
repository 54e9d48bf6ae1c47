/**
 * The live figures of anagrams and hybrids.
 * @module
 */

import { controls, sheet } from "./parts.js";
import { toHash } from "./state.js";
import { Viewer } from "./viewer.js";

/** @typedef {(changed: () => void) => import("./figure.js").Parts} Build */

/** An anagram to be turned. @type {Build} */
export const turning = (changed) => {
  const make = controls(changed);
  const [first, second, noise] = [make.digit("As it is", 6), make.digit("Turned", 9), make.seed()];
  const viewer = new Viewer();
  viewer.name("rotate_180");
  return {
    stage: [viewer.pair, viewer.row],
    controls: [first.element, second.element, noise.element],
    more: () =>
      toHash("two", { first: first.get(), second: second.get(), steps: 15, seed: noise.get() }),
    async work(engine, model, signal) {
      const labels = [first.get(), second.get()];
      const asked = { labels, steps: 15, seed: noise.get(), signal };
      /** @param {Float32Array} images */
      const show = (images) => viewer.put(sheet(images));
      const { images } = await engine.anagram(model, { ...asked, watch: ({ x }) => show(x) });
      show(images);
    },
  };
};

/** A hybrid to go away from. @type {Build} */
export const distance = (changed) => {
  const make = controls(changed);
  const [far, near, noise] = [
    make.digit("From a distance", 3),
    make.digit("Up close", 8),
    make.seed(),
  ];
  const viewer = new Viewer();
  return {
    stage: [viewer.pair, viewer.row],
    controls: [far.element, near.element, noise.element],
    more: () =>
      toHash("two", {
        kind: "hybrid",
        first: far.get(),
        second: near.get(),
        steps: 10,
        seed: noise.get(),
      }),
    async work(engine, model, signal) {
      const asked = { far: far.get(), near: near.get(), steps: 10, seed: noise.get(), signal };
      /** @param {Float32Array} images */
      const show = (images) => {
        const side = Math.sqrt(images.length);
        viewer.put({ images, n: 1, height: side, width: side });
      };
      const { images } = await engine.hybrid(model, { ...asked, watch: ({ x }) => show(x) });
      show(images);
    },
  };
};
