/**
 * The forward process, as in `ddpm/schedule.py`: how much signal and how much noise at each time.
 *
 * `t = 0` is the clean image and `t = T` is noise; `alphaBar[0] === 1`.
 * @module
 */

import * as check from "./arguments.js";
import { combine, map } from "./tensors.js";

/** @typedef {import("./tensors.js").Images} Images */

/** More steps are a mistake. */
export const LONGEST = 1_000_000;

/** A variance-preserving noise schedule over the times 0..T (Ho et al. 2020, section 2). */
export class NoiseSchedule {
  /**
   * @param {Float64Array} beta (T + 1,); `beta[t]` is the variance that the step t - 1 -> t adds
   * @param {Float64Array} alphaBar (T + 1,); the share of signal variance left at t
   */
  constructor(beta, alphaBar) {
    this.beta = beta;
    this.alphaBar = alphaBar;
  }

  /** A schedule from beta_1..beta_T, each strictly between 0 and 1. @param {number[]} betas */
  static fromBetas(betas) {
    if (betas.length === 0 || !betas.every((beta) => beta > 0 && beta < 1)) {
      throw new RangeError("a schedule needs at least one beta, each strictly between 0 and 1");
    }
    const beta = Float64Array.of(0, ...betas);
    const alphaBar = new Float64Array(beta.length);
    let product = 1;
    for (let t = 0; t < beta.length; t++) alphaBar[t] = product *= 1 - beta[t];
    return new NoiseSchedule(beta, alphaBar);
  }

  /**
   * Beta grows evenly from `start` at t = 1 to `end` at t = T.
   * @param {number} T
   * @param {number} [start]
   * @param {number} [end]
   */
  static linear(T, start = 1e-4, end = 0.02) {
    check.integer("T", T, 1, LONGEST);
    const step = (end - start) / Math.max(1, T - 1);
    // From both ends to the middle, as torch.linspace does.
    const betas = Array.from({ length: T }, (_, i) =>
      i < T / 2 ? start + step * i : end - step * (T - 1 - i),
    );
    return NoiseSchedule.fromBetas(betas);
  }

  /**
   * alpha_bar follows a squared cosine (Nichol and Dhariwal 2021, equation 17).
   * @param {number} T
   * @param {number} [offset]
   * @param {number} [betaMax]
   */
  static cosine(T, offset = 0.008, betaMax = 0.999) {
    check.integer("T", T, 1, LONGEST);
    const signal = Array.from({ length: T + 1 }, (_, t) => {
      const cosine = Math.cos((((t / T + offset) / (1 + offset)) * Math.PI) / 2);
      return cosine * cosine;
    });
    const betas = signal.slice(1).map((now, i) => Math.min(1 - now / signal[i], betaMax));
    return NoiseSchedule.fromBetas(betas);
  }

  /**
   * One step, which adds noise of sigma 0.5 to a clean image of amplitude 1.
   * @param {number} [T]
   */
  static single(T = 1) {
    check.integer("T", T, 1, 1);
    return NoiseSchedule.fromBetas([Math.fround(0.2)]);
  }

  /** The last time, where (almost) only noise is left. */
  get T() {
    return this.beta.length - 1;
  }

  /** sqrt(alpha_bar_t): the amplitude of the image. @param {number} t */
  signal(t) {
    return Math.fround(Math.sqrt(this.alphaBar[check.integer("t", t, 0, this.T)]));
  }

  /** sqrt(1 - alpha_bar_t): the amplitude of the noise. @param {number} t */
  sigma(t) {
    return Math.fround(Math.sqrt(1 - this.alphaBar[check.integer("t", t, 0, this.T)]));
  }

  /**
   * x_t drawn straight from x_0 (Ho et al. 2020, equation 4).
   * @param {Images} x0
   * @param {number} t
   * @param {Images} eps
   */
  addNoise(x0, t, eps) {
    return combine([this.signal(t), x0], [this.sigma(t), eps]);
  }

  /**
   * x_t drawn from x_s, for s <= t.
   * @param {Images} x
   * @param {number} s
   * @param {number} t
   * @param {Images} eps
   */
  renoise(x, s, t, eps) {
    check.integer("s", s, 0, check.integer("t", t, 0, this.T));
    const ratio = this.alphaBar[t] / this.alphaBar[s];
    return combine([Math.sqrt(ratio), x], [Math.sqrt(1 - ratio), eps]);
  }

  /**
   * The clean image that x_t and a noise estimate imply.
   * @param {Images} x
   * @param {number} t
   * @param {Images} eps
   */
  x0FromEps(x, t, eps) {
    const signal = this.signal(t);
    return map(combine([1, x], [-this.sigma(t), eps]), (value) => value / signal);
  }

  /**
   * The noise that x_t and a clean image imply (t >= 1).
   * @param {Images} x
   * @param {number} t
   * @param {Images} x0
   */
  epsFromX0(x, t, x0) {
    const sigma = this.sigma(t);
    return map(combine([1, x], [-this.signal(t), x0]), (value) => value / sigma);
  }

  /**
   * v: how fast x_t turns from image to noise (Salimans and Ho 2022, appendix D).
   * @param {Images} x0
   * @param {number} t
   * @param {Images} eps
   */
  velocity(x0, t, eps) {
    return combine([this.signal(t), eps], [-this.sigma(t), x0]);
  }

  /**
   * The noise that x_t and a velocity imply.
   * @param {Images} x
   * @param {number} t
   * @param {Images} v
   */
  epsFromV(x, t, v) {
    return combine([this.signal(t), v], [this.sigma(t), x]);
  }

  /** The numbers of one time 1..T by name, as a textbook tabulates them. @param {number} t */
  coefficients(t) {
    check.integer("t", t, 1, this.T);
    const [beta, alphaBar] = [this.beta[t], this.alphaBar[t]];
    return {
      beta_t: beta,
      sqrt_beta_t: Math.sqrt(beta),
      alpha_t: 1 - beta,
      oneover_sqrt_alpha_t: 1 / Math.sqrt(1 - beta),
      alpha_bar_t: alphaBar,
      sqrt_alpha_bar_t: Math.sqrt(alphaBar),
      sqrt_one_minus_alpha_bar_t: Math.sqrt(1 - alphaBar),
    };
  }
}
