/**
 * The one sampling loop, as in `ddpm/sampling.py`, and the rules for a single step.
 *
 * Everything else (guidance, editing, illusions) is a function handed to `sample`.
 * @module
 */

import * as check from "./arguments.js";
import { combine, same } from "./tensors.js";

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./schedule.js").NoiseSchedule} NoiseSchedule
 */

/**
 * The noise estimate for images (N, C, H, W) at one time t, conditioning already bound.
 * @typedef {(x: Images, t: number) => Images | Promise<Images>} EpsFn
 */

/**
 * Where the sampler is: the time, the images at that time in the network's range, and the
 * predicted clean images (x itself at t = 0).
 * @typedef {{ t: number, x: Images, x0: Images }} State
 */

/** What a step rule may look at on the way from x at time t to time s < t. */
export class Step {
  /**
   * @param {object} parts
   * @param {Images} parts.x @param {number} parts.t @param {number} parts.s
   * @param {Images} parts.eps the noise estimate at (x, t)
   * @param {Images} parts.x0 the clean image that it implies
   * @param {NoiseSchedule} parts.schedule
   * @param {() => Images} parts.noise draws standard normal noise of the shape of x
   * @param {(x: Images, t: number) => Promise<[eps: Images, x0: Images]>} parts.estimate
   * @param {Step | null} parts.before the step made before this one
   */
  constructor({ x, t, s, eps, x0, schedule, noise, estimate, before }) {
    this.x = x;
    this.t = t;
    this.s = s;
    this.eps = eps;
    this.x0 = x0;
    this.schedule = schedule;
    this.noise = noise;
    this.estimate = estimate;
    this.before = before;
  }

  /** alpha_bar_t / alpha_bar_s: the share of variance kept from s to t. */
  get alpha() {
    return this.schedule.alphaBar[this.t] / this.schedule.alphaBar[this.s];
  }

  /** alpha_bar at t and at s. @returns {[number, number]} */
  get alphaBars() {
    return [this.schedule.alphaBar[this.t], this.schedule.alphaBar[this.s]];
  }

  /** The same step with other parts. @param {Partial<Step>} parts */
  replace(parts) {
    return new Step({ ...this, ...parts });
  }
}

/** @typedef {(step: Step) => Images | Promise<Images>} StepRule */

const { sqrt } = Math;

// --8<-- [start:posterior]
/** The mean of q(x_s | x_t, x_0) (Ho et al. 2020, equation 7, for any s < t). @param {Step} step */
export function posteriorMean(step) {
  const [ab_t, ab_s] = step.alphaBars;
  const fromX0 = (sqrt(ab_s) * (1 - step.alpha)) / (1 - ab_t);
  const fromX = (sqrt(step.alpha) * (1 - ab_s)) / (1 - ab_t);
  return combine([fromX0, step.x0], [fromX, step.x]);
}

/**
 * A draw from q(x_s | x_t, x_0): ancestral sampling. `noise` scales its standard deviation.
 * @param {Step} step
 */
export function posterior(step, noise = 1) {
  const [ab_t, ab_s] = step.alphaBars;
  const sigma = noise * sqrt(((1 - ab_s) / (1 - ab_t)) * (1 - step.alpha));
  const mean = posteriorMean(step);
  return sigma ? combine([1, mean], [sigma, step.noise()]) : mean;
}
// --8<-- [end:posterior]

/**
 * As `posterior`, but with the variance beta = 1 - alpha, and none in the last step.
 * @param {Step} step
 */
export function betaNoise(step) {
  const mean = posteriorMean(step);
  return step.s === 0 ? mean : combine([1, mean], [sqrt(1 - step.alpha), step.noise()]);
}

/**
 * To s along the straight line that x_0 and eps span (Song et al. 2021, equation 12).
 * @param {Step} step
 */
export function ddim(step, eta = 0) {
  const [ab_t, ab_s] = step.alphaBars;
  const sigma = eta * sqrt(((1 - ab_s) / (1 - ab_t)) * (1 - step.alpha));
  const x = combine([sqrt(ab_s), step.x0], [sqrt(1 - ab_s - sigma * sigma), step.eps]);
  return sigma ? combine([1, x], [sigma, step.noise()]) : x;
}

/**
 * Second order by a second look: DDIM's line, drawn with the mean of the guesses at its ends.
 * @param {Step} step
 * @param {"x0" | "eps"} [meanOf] what is averaged
 * @returns {Promise<Images>}
 */
export async function heun(step, meanOf = "x0") {
  const x_s = ddim(step);
  if (step.s === 0) return x_s;
  const [eps_s, x0_s] = await step.estimate(x_s, step.s);
  if (meanOf === "x0") {
    const x0 = mean(step.x0, x0_s);
    return ddim(step.replace({ x0, eps: step.schedule.epsFromX0(step.x, step.t, x0) }));
  }
  const eps = mean(step.eps, eps_s);
  return ddim(step.replace({ eps, x0: step.schedule.x0FromEps(step.x, step.t, eps) }));
}

/** @param {Images} a @param {Images} b */
function mean(a, b) {
  return combine([0.5, combine([1, a], [1, b])]);
}

/**
 * DPM-Solver++(2M): second order by remembering the guess of the step before.
 * @param {Step} step
 */
export function dpmSolver(step) {
  if (step.before === null || step.s === 0) return ddim(step);
  const [ab_t, ab_s] = step.alphaBars;
  const [h, h_before] = [step, step.before].map((z) => halfLogSnr(z, z.s) - halfLogSnr(z, z.t));
  const ratio = h_before / h;
  const change = combine([1, step.x0], [-1, step.before.x0]);
  const x0 = combine([1, step.x0], [1, divided(change, 2 * ratio)]);
  return combine([sqrt((1 - ab_s) / (1 - ab_t)), step.x], [-sqrt(ab_s) * Math.expm1(-h), x0]);
}

/**
 * lambda_t = log(signal / noise) of amplitudes, for t >= 1.
 * @param {Step} step
 * @param {number} t
 */
export function halfLogSnr(step, t) {
  const alphaBar = step.schedule.alphaBar[t];
  return 0.5 * Math.log(alphaBar / (1 - alphaBar));
}

/** @param {Images} x @param {number} by @returns {Images} */
function divided(x, by) {
  return { values: x.values.map((value) => value / by), shape: x.shape };
}

/** The predicted clean image with fresh noise of time s, for students. @param {Step} step */
export function renoise(step) {
  return step.s === 0 ? step.x0 : step.schedule.addNoise(step.x0, step.s, step.noise());
}

/**
 * Walks a path from noise to images, yielding the state at every time on it.
 * @param {EpsFn} epsFn the noise estimate
 * @param {Images} x images at time path[0]
 * @param {number[]} path the times to visit; a step to a later time adds noise (resampling), and
 *     costs no network call
 * @param {NoiseSchedule} schedule the one that the network was trained with
 * @param {object} parts
 * @param {() => Images} parts.noise draws noise of the shape of x
 * @param {StepRule} [parts.step] the rule for one step
 * @param {(x0: Images) => Images} [parts.clean] applied to each guess of x_0; where it changes
 *     the guess, eps is computed again, so that the two still make up x
 * @param {(x: Images, t: number) => Images} [parts.project] applied after each step, to hold
 *     known pixels for example
 * @returns {AsyncGenerator<State, void>}
 */
export async function* sample(
  epsFn,
  x,
  path,
  schedule,
  { noise, step = posterior, clean = (x0) => x0, project = (x) => x },
) {
  check.times("path", path, schedule.T);

  /** @param {Images} x @param {number} t @returns {Promise<[Images, Images]>} */
  const estimate = async (x, t) => {
    const eps = same("what epsFn returns", await epsFn(x, t), x);
    const guess = schedule.x0FromEps(x, t, eps);
    const x0 = clean(guess);
    return [x0 === guess ? eps : schedule.epsFromX0(x, t, x0), x0];
  };

  /** @type {Step | null} */
  let before = null;
  let x0 = x;
  for (let k = 0; k + 1 < path.length; k++) {
    const [t, s] = [path[k], path[k + 1]];
    if (s > t) {
      yield { t, x, x0 }; // adding noise takes no guess, so none is asked for
      x = schedule.renoise(x, t, s, noise());
      before = null;
    } else {
      /** @type {Images} */
      let eps;
      [eps, x0] = await estimate(x, t);
      yield { t, x, x0 };
      /** @type {Step} */
      const now = new Step({ x, t, s, eps, x0, schedule, noise, estimate, before });
      x = await step(now);
      before = now.replace({ before: null });
    }
    x = project(x, s);
  }
  yield { t: path[path.length - 1], x, x0: x };
}

/**
 * The step rules by the names that commands accept.
 * @type {Record<string, StepRule>}
 */
export const SAMPLERS = {
  ancestral: (step) => posterior(step),
  "beta-noise": betaNoise,
  "no-noise": (step) => posterior(step, 0),
  ddim: (step) => ddim(step),
  heun: (step) => heun(step),
  "heun-eps": (step) => heun(step, "eps"),
  "dpm-solver": dpmSolver,
  renoise: (step) => renoise(step),
};

/**
 * The rule of that name, or the rule itself.
 * @param {string | StepRule} sampler
 * @returns {StepRule}
 */
export function stepRule(sampler) {
  if (typeof sampler === "function") return sampler;
  return SAMPLERS[check.choice("sampler", sampler, Object.keys(SAMPLERS))];
}
