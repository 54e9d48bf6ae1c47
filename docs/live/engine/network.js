/**
 * A network that runs as an ONNX file, as `python -m scripts.export` writes it.
 *
 * The file takes the sampler's own times and answers what `Recipe.ask` answers in Python.
 * @module
 */

/**
 * @typedef {import("./tensors.js").Images} Images
 * @typedef {import("./guidance.js").Network} Network
 * @typedef {typeof import("onnxruntime-web/wasm")} Runtime
 */

/**
 * The network of an inference session.
 * @param {Runtime} ort @param {import("onnxruntime-web").InferenceSession} session
 * @returns {Network}
 */
export function ofSession(ort, session) {
  const timed = session.inputNames.includes("t"); // a classifier takes no time
  return async (x, t, labels) => {
    const n = x.shape[0];
    /** @type {Record<string, import("onnxruntime-web").Tensor>} */
    const feeds = { x: new ort.Tensor("float32", x.values, x.shape) };
    if (timed) feeds.t = new ort.Tensor("float32", new Float32Array(n).fill(t), [n]);
    if (labels) feeds.label = new ort.Tensor("int32", Int32Array.from(labels), [n]);
    const { answer } = await session.run(feeds);
    const shape = timed ? x.shape : /** @type {any} */ (answer.dims);
    return { values: /** @type {Float32Array} */ (answer.data), shape };
  };
}

/**
 * How a worker is told to start its runtime.
 * @typedef {{ kind: "start", runtime: string }} Start
 */
/**
 * How a worker is told to open a network.
 * @typedef {{ kind: "open", model: ArrayBuffer }} Open
 */
/**
 * How a worker is asked.
 * @typedef {{ kind: "ask", x: Images, t: number, labels: number[] | null }} Ask
 */
/** @typedef {(Start | Open | Ask) & { id: number }} Question */
/** @typedef {{ id: number, images?: Images, error?: string }} Answer */

/**
 * Starts the runtime in a worker, so that the page never waits for a network. A worker that fails
 * is stopped, as its runtime may have lost its memory; all that it was asked then fails too.
 * @param {Worker} worker which runs `worker.js`
 * @param {string} runtime address of the folder of the runtime's files
 * @returns {(model: ArrayBuffer) => Promise<Network>} opens an ONNX file there, which may arrive
 *     while the runtime starts
 */
export function inWorker(worker, runtime) {
  /** @type {Map<number, { resolve: (images: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let next = 0;
  const fail = (/** @type {string} */ error) => {
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new Error(error));
    waiting.clear();
  };
  worker.onmessage = ({ data }) => {
    const { id, images, error } = /** @type {Answer} */ (data);
    if (error !== undefined) fail(error);
    waiting.get(id)?.resolve(images);
    waiting.delete(id);
  };
  worker.onerror = (event) => fail(`the worker stopped: ${event.message ?? "it cannot be loaded"}`);
  worker.onmessageerror = () => fail("the worker's answer cannot be read");

  /** @param {Start | Open | Ask} question @param {Transferable[]} [transfer] @returns {Promise<any>} */
  const ask = (question, transfer = []) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...question, id }, transfer);
    });
  const started = ask({ kind: "start", runtime });
  started.catch(() => {}); // told when a network is to be opened
  return async (model) => {
    await started;
    await ask({ kind: "open", model }, [model]);
    return (x, t, labels) => ask({ kind: "ask", x, t, labels });
  };
}
