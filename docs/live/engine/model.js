/**
 * A trained model ready to use, as in `ddpm/model.py`: network, schedule and scaling.
 * @module
 */

import * as check from "./arguments.js";
import { Scaling } from "./data.js";
import { watched } from "./finite.js";
import { asEps, condition, guided } from "./guidance.js";
import { PER_SEED, imageSeeds, noise } from "./noise.js";
import { sample } from "./sampling.js";
import { atPace, paceOf, ruleOf, stepsOf } from "./serving.js";
import { checkLabels, makeSchedule } from "./settings.js";
import { same, slice } from "./tensors.js";
import { SPACINGS } from "./timesteps.js";

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 * @typedef {import("./sampling.js").State} State
 * @typedef {import("./sampling.js").StepRule} StepRule
 */

/**
 * What `states` takes.
 * @typedef {object} StatesOptions
 * @property {number} [n] how many images; with labels it may be left out
 * @property {number[] | null} [labels] one per image, for a model with labels
 * @property {number | null} [steps] transitions from T to 0, 1..T; by default the recipe's
 * @property {string | StepRule | null} [sampler] a key of `SAMPLERS` or a step rule
 * @property {number | null} [guidance] the scale of classifier-free guidance, 1 being none
 * @property {number} [seed] the images are numbers first, first + 1, ... of this seed
 * @property {number} [first]
 * @property {Images | null} [x] where to start instead of noise, in the network's range
 * @property {number[] | null} [path] the times to visit, instead of `steps` by `spacing`
 * @property {string} [spacing] a key of `SPACINGS`
 * @property {EpsFn | null} [epsFn] a noise estimate, in the place of labels and guidance
 * @property {(x: Images, t: number) => Images} [project] applied after each step
 * @property {number | null} [size] pixels a side, where `epsFn` takes other images
 * @property {boolean} [clip] clamp each guess of x_0 to the range of images
 */

/**
 * What is done with the states on the way. `watch` gets each one as it is reached.
 * @typedef {object} Watching
 * @property {number} [batch] how many images go through the network together; changes the memory
 *     that sampling takes but not the images
 * @property {boolean} [states] whether the answer holds all states
 * @property {(state: PictureState) => void} [watch]
 * @property {AbortSignal | null} [signal] stops at the next step, with the signal's reason
 */

/**
 * A state as pictures in [0, 1]: of images number `first`, ... of those asked for.
 * @typedef {{ t: number, first: number, x: Float32Array, x0: Float32Array }} PictureState
 */

/**
 * Images in [0, 1], (n, channels, height, width) row by row. Each of `states` holds the images of
 * one batch at one time.
 * @typedef {object} Pictures
 * @property {Float32Array} images
 * @property {number} n
 * @property {number} channels
 * @property {number} height
 * @property {number} width
 * @property {PictureState[]} [states]
 */

/**
 * Images that go through the network together. A page has less memory than Python, which takes
 * 250.
 */
export const BATCH = 20;

/** A network with all that its recipe says about it. */
export class Diffusion {
  /**
   * @param {import("./settings.js").Recipe} recipe
   * @param {import("./guidance.js").Network} network
   */
  constructor(recipe, network) {
    this.recipe = recipe;
    this.network = network;
    this.schedule = makeSchedule(recipe);
    this.scaling = new Scaling(recipe.scaling);
  }

  /**
   * The noise estimate for these labels, one per image.
   * @param {number[] | null} [labels] @param {number | null} [guidance]
   * @param {{ steps?: number | null }} [options] from T to 0, for a student that knows them
   * @returns {EpsFn}
   */
  epsFn(labels = null, guidance = null, { steps = null } = {}) {
    const { recipe, network } = this;
    const known = atPace(recipe, checkLabels(recipe, labels), paceOf(recipe, steps));
    const scale = guidance === null ? recipe.guidance : check.number("guidance", guidance);
    if (scale === 1) return asEps(condition(network, known), recipe.predicts, this.schedule);
    if (known === null || recipe.label_dropout === 0) {
      throw new RangeError(`'${recipe.name}' was never trained without labels: no guidance`);
    }
    if (scale === 0) return this.unlabelled(known.length);
    const estimate = guided(network, known, recipe.classes, scale);
    return asEps(estimate, recipe.predicts, this.schedule);
  }

  /** The noise estimate for n images without a label. @param {number} n @returns {EpsFn} */
  unlabelled(n) {
    const { recipe } = this;
    if (recipe.classes === 0) return this.epsFn();
    if (recipe.label_dropout === 0) {
      throw new RangeError(`'${recipe.name}' was never trained without labels: give one`);
    }
    /** @type {number[]} */
    const none = new Array(check.integer("n", n, 1)).fill(recipe.classes);
    return asEps(condition(this.network, none), recipe.predicts, this.schedule);
  }

  /**
   * The states on the way from noise to images, in the network's range.
   * @param {StatesOptions} options
   * @returns {AsyncGenerator<State, void>}
   */
  states({
    n,
    labels = null,
    steps = null,
    sampler = null,
    guidance = null,
    seed = 0,
    first = 0,
    x = null,
    path = null,
    spacing = "trailing",
    epsFn = null,
    project = (x) => x,
    size = null,
    clip = false,
  }) {
    if (size !== null && epsFn === null && size !== this.scaling.size) {
      throw new RangeError(`size must be the network's without an epsFn, not ${size}`);
    }
    const images = countOf(n, labels, x);
    const draw = this.noise(images, { seed, first, size });
    const start = draw();
    check.callable("project", project);
    const times = path === null ? this.path(steps, spacing) : path;
    return watched(
      sample(
        epsFn === null ? this.epsFn(labels, guidance, { steps }) : epsFn,
        x === null ? start : same("x", x, start),
        check.times("path", times, this.recipe.T, 0),
        this.schedule,
        {
          step: ruleOf(this.recipe, sampler),
          clean: clip ? (x0) => this.scaling.clip(x0) : undefined,
          project,
          noise: draw,
        },
      ),
    );
  }

  /**
   * The noise of the images number first, first + 1, ... of a seed: each call draws the next.
   * @param {number} images how many
   * @param {{ seed?: number, first?: number, stream?: number, size?: number | null }} [options]
   */
  noise(images, { seed = 0, first = 0, stream = 0, size = null } = {}) {
    const [channels, own] = this.scaling.shape;
    const side = size === null ? own : check.integer("size", size, 1);
    return noise(imageSeeds(images, seed, first, stream), [channels, side, side]);
  }

  /**
   * Images from noise. Takes what `states` takes.
   * @param {StatesOptions & Watching} [options]
   * @returns {Promise<Pictures>}
   */
  async sample(options = {}) {
    const { n, labels = null, x = null, first = 0, ...others } = options;
    const { batch, states, watch, signal, ...rest } = others;
    const images = countOf(n, labels, x);
    check.integer("first", first, 0, PER_SEED - images);
    return this.collect(images, { batch, states, watch, signal }, (start, end) =>
      this.states({
        ...rest,
        n: end - start,
        labels: labels === null ? null : labels.slice(start, end),
        x: x === null ? null : slice(x, start, end),
        first: first + start,
      }),
    );
  }

  /**
   * The images that sampling ends with, a batch at a time.
   * @param {number} images how many
   * @param {Watching} watching
   * @param {(start: number, end: number) => AsyncIterable<State>} statesOf of a part of them
   * @returns {Promise<Pictures>}
   */
  async collect(images, { batch = BATCH, states = false, watch, signal }, statesOf) {
    check.integer("n", images, 1, PER_SEED);
    check.integer("batch", batch, 1);
    /** @type {PictureState[]} */
    const kept = [];
    /** @type {Images[]} */
    const parts = [];
    for (let first = 0; first < images; first += batch) {
      /** @type {State | null} */
      let last = null;
      for await (const state of statesOf(first, Math.min(first + batch, images))) {
        signal?.throwIfAborted();
        last = state;
        if (states || watch) {
          const [x, x0] = [state.x, state.x0].map((each) => this.scaling.toImages(each).values);
          if (states) kept.push({ t: state.t, first, x, x0 });
          watch?.({ t: state.t, first, x, x0 });
        }
      }
      if (last) parts.push(this.scaling.toImages(last.x));
    }
    const [, channels, height, width] = parts[0].shape;
    const size = channels * height * width;
    const all = new Float32Array(images * size);
    parts.forEach((part, k) => all.set(part.values, k * batch * size));
    const pictures = { images: all, n: images, channels, height, width };
    return states ? { ...pictures, states: kept } : pictures;
  }

  /**
   * The times that a sampler visits.
   * @param {number | null} [steps] by default the recipe's
   * @param {string} [spacing]
   */
  path(steps = null, spacing = "trailing") {
    const spread = SPACINGS[check.choice("spacing", spacing, Object.keys(SPACINGS))];
    return spread(this.recipe.T, stepsOf(this.recipe, steps, spacing));
  }
}

/** @type {(n: number | undefined, labels: number[] | null, x: Images | null) => number} */
function countOf(n, labels, x) {
  const listed = labels === null ? undefined : check.labels("labels", labels).length;
  return check.count({ n, labels: listed, x: x?.shape[0] }, PER_SEED);
}
