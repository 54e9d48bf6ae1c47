/**
 * The worker in which a network runs: opened once, then asked again and again.
 * @module
 */

import { ofSession } from "./network.js";

/** @type {import("./guidance.js").Network | null} */
let network = null;

/**
 * Starts the runtime on one thread, and opens a model.
 * @param {string} runtime @param {ArrayBuffer} model
 */
async function open(runtime, model) {
  const [script, program] = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"].map(
    (name) => new URL(name, runtime).href,
  );
  try {
    /** @type {import("./network.js").Runtime} */
    const ort = await import(script);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: program };
    ort.env.logLevel = "error";
    network = ofSession(ort, await ort.InferenceSession.create(model));
  } catch (error) {
    if (await areThere(script, program)) throw error;
    throw new Error("the runtime cannot be downloaded: try again", { cause: error });
  }
}

/** Whether files can be fetched at this moment. @param {...string} addresses */
async function areThere(...addresses) {
  try {
    const answers = await Promise.all(addresses.map((each) => fetch(each, { method: "HEAD" })));
    return answers.every((answer) => answer.ok);
  } catch {
    return false;
  }
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
