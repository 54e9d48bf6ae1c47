/**
 * The worker in which a network runs: opened once, then asked again and again.
 * @module
 */

import { ofSession } from "./network.js";

/** @type {import("./network.js").Runtime | null} */
let ort = null;

/** @type {import("./guidance.js").Network | null} */
let network = null;

/** An ONNX file of one number that is copied: opening it starts the runtime. */
const COPY = Uint8Array.from(atob("CAgSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQEg=="), (letter) => letter.charCodeAt(0));

/**
 * Starts the runtime on one thread.
 * @param {string} runtime
 */
async function start(runtime) {
  const [script, program] = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"].map(
    (name) => new URL(name, runtime).href,
  );
  try {
    /** @type {import("./network.js").Runtime} */
    const loaded = await import(script);
    loaded.env.wasm.numThreads = 1;
    loaded.env.wasm.wasmPaths = { wasm: program };
    loaded.env.logLevel = "error";
    await (await loaded.InferenceSession.create(COPY)).release();
    ort = loaded;
  } catch (error) {
    if (await areThere(script, program)) throw error;
    throw new Error("the runtime cannot be downloaded: try again", { cause: error });
  }
}

/**
 * Opens a model. The runtime's further optimisations take longer than they save.
 * @param {ArrayBuffer} model
 */
async function open(model) {
  if (ort === null) throw new Error("the runtime has not started");
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: "basic" });
  network = ofSession(ort, session);
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
    if (question.kind === "start") await start(question.runtime);
    else if (question.kind === "open") await open(question.model);
    else answer.images = await network?.(question.x, question.t, question.labels);
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  self.postMessage(answer);
};
