/**
 * Results that are no images, as in `ddpm/finite.py`.
 * @module
 */

/** @typedef {import("./sampling.js").State} State */

/**
 * The same states, for as long as their images are finite.
 * @param {AsyncIterable<State>} states
 * @returns {AsyncGenerator<State, void>}
 * @throws {Error} with the time at which they broke, and what usually causes it.
 */
export async function* watched(states) {
  let steps = 0;
  for await (const state of states) {
    if (![state.x, state.x0].every(({ values }) => values.every(Number.isFinite))) {
      throw new Error(
        `the images were no longer finite at t = ${state.t}, after ${steps} steps; usual causes` +
          " are a guidance far from 1, damaged weights, or too few steps for heun",
      );
    }
    steps += 1;
    yield state;
  }
}
