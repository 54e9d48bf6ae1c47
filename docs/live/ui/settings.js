/**
 * The controls that several tools have: model, steps, sampler, guidance and seed.
 * @module
 */

import { list, seed, stops } from "./controls.js";
import { binding } from "./editing.js";
import { numberFrom } from "./state.js";

/**
 * What a page knows of a model before it is loaded.
 * @typedef {object} Info
 * @property {string} name
 * @property {number} steps
 * @property {number} guidance
 * @property {string} sampler
 * @property {boolean} guided whether it can do without a label, and so be guided
 * @property {number[]} serves the numbers of steps that a student takes; empty for other models
 */

const STEPS = [1, 2, 4, 6, 8, 10, 15, 20, 25, 35, 50, 100];
const SCALES = [0, 0.5, 1, 1.4, 2, 3, 4, 6, 8, 10, 12];
/** The samplers that can be chosen. */
export const SAMPLERS = [
  { value: "ddim", text: "DDIM" },
  { value: "ancestral", text: "Ancestral (DDPM)" },
  { value: "dpm-solver", text: "DPM-Solver++(2M)" },
  { value: "heun", text: "Heun" },
];

/** A student has its own sampler, and takes some numbers of steps only. @param {Info} info */
const isStudent = (info) => info.serves.length > 0;

/**
 * Controls and what they say.
 * @param {object} options
 * @param {Info[]} options.models
 * @param {{ steps: number, sampler?: string, guidance?: number | null }} options.usual for a model
 *     that is no student; it may change
 * @param {boolean} [options.sampler] whether the sampler can be chosen
 * @param {() => void} options.onchange
 */
export function settings({ models, usual, onchange, sampler: choose = true }) {
  const [first] = models;
  /** @param {Info} info */
  const defaults = (info) => ({
    model: info.name,
    steps: isStudent(info) ? info.steps : usual.steps,
    sampler: isStudent(info) ? info.sampler : (usual.sampler ?? info.sampler),
    guidance: info.guided ? (usual.guidance ?? info.guidance) : 1,
    seed: 0,
  });
  const state = defaults(first);
  /** @param {string} name @returns {Info} */
  const infoOf = (name) => models.find((each) => each.name === name) ?? first;
  const bind = binding(state, (key) => {
    if (key === "model") Object.assign(state, defaults(infoOf(state.model)), { seed: state.seed });
    show();
    onchange();
  });

  const model = list({
    label: "Model",
    choices: models.map(({ name }) => ({ value: name, text: name })),
    ...bind("model"),
  });
  const any = stops({ label: "Steps", values: STEPS, ...bind("steps") });
  const served = new Map(
    models
      .filter(isStudent)
      .map((info) => [info, stops({ label: "Steps", values: info.serves, ...bind("steps") })]),
  );
  /** The control of a model's steps. @param {Info} info */
  const stepsOf = (info) => served.get(info) ?? any;
  const sampler = list({ label: "Sampler", choices: SAMPLERS, ...bind("sampler") });
  const guidance = stops({
    label: "Guidance",
    values: SCALES,
    show: (value) => (value === 1 ? "1 (none)" : String(value)),
    ...bind("guidance"),
  });
  const noise = seed(bind("seed"));

  function show() {
    const info = infoOf(state.model);
    model.value = state.model;
    const steps = stepsOf(info);
    for (const each of [any, ...served.values()]) each.element.hidden = each !== steps;
    steps.value = state.steps;
    sampler.value = state.sampler;
    sampler.enable(!isStudent(info));
    guidance.value = state.guidance;
    guidance.enable(info.guided);
    noise.value = state.seed;
  }
  show();
  if (models.length === 1) model.element.hidden = true;

  return {
    elements: [
      model.element,
      any.element,
      ...[...served.values()].map(({ element }) => element),
      ...(choose ? [sampler.element] : []),
      guidance.element,
      noise.element,
    ],
    state,
    guidance,
    get info() {
      return infoOf(state.model);
    },
    /** What the engine's functions take. */
    how: () => ({
      steps: state.steps,
      sampler: state.sampler,
      guidance: infoOf(state.model).guided ? state.guidance : null,
      seed: state.seed,
    }),
    /** @param {Record<string, string>} given from an address */
    set(given) {
      if (models.some(({ name }) => name === given.model)) state.model = given.model;
      const info = infoOf(state.model);
      const base = defaults(info);
      const steps = stepsOf(info);
      steps.value = numberFrom(given.steps, base.steps, 1, 100);
      state.steps = steps.value; // the nearest that can be chosen
      state.guidance = info.guided ? numberFrom(given.guidance, base.guidance, 0, 12) : 1;
      state.seed = numberFrom(given.seed, 0, 0, 4293);
      const known = !isStudent(info) && SAMPLERS.some(({ value }) => value === given.sampler);
      state.sampler = known ? given.sampler : base.sampler;
      show();
    },
    /** What of it goes into the address: what is not usual. @returns {Record<string, string | number>} */
    address() {
      const base = defaults(infoOf(state.model));
      /** @type {Record<string, string | number>} */
      const own = state.model === first.name ? {} : { model: state.model };
      for (const key of /** @type {const} */ (["steps", "sampler", "guidance", "seed"])) {
        if (state[key] !== base[key]) own[key] = state[key];
      }
      return own;
    },
  };
}
