/**
 * The worker in which a network runs: opened once, then asked again and again.
 * @module
 */

import { ofSession } from "./network.js";

/** @type {import("./guidance.js").Network | null} */
let network = null;

/** Starts the runtime on one thread. @param {string} runtime @param {ArrayBuffer} model */
async function open(runtime, model) {
  /** @type {import("./network.js").Runtime} */
  const ort = await import(new URL("ort.wasm.bundle.min.mjs", runtime).href);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", runtime).href };
  ort.env.logLevel = "error";
  network = ofSession(ort, await ort.InferenceSession.create(model));
}

self.onmessage = async ({ data }) => {
  const question = /** @type {import("./network.js").Question} */ (data);
  /** @type {import("./network.js").Answer} */
  const answer = { id: question.id };
  try {
    if (question.kind === "open") await open(question.runtime, question.model);
    else answer.images = await network?.(question.x, question.t, question.labels);
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  self.postMessage(answer);
};
