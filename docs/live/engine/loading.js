/**
 * Models by name, as in `ddpm/loading.py`: fetched once, checked, and opened in a worker.
 * @module
 */

import * as check from "./arguments.js";
import { Classifier } from "./classifiers.js";
import { Diffusion } from "./model.js";
import { inWorker } from "./network.js";

/** @typedef {import("./guidance.js").Network} Network */

/**
 * What `models.json` says of one model; the classifier has no recipe.
 * @typedef {object} Entry
 * @property {string} file
 * @property {number} bytes
 * @property {string} sha256
 * @property {import("./settings.js").Recipe} recipe
 */

/** @typedef {{ models: Record<string, Entry>, classifier: Entry }} Contents */

/**
 * Where things are; the site's own by default.
 * @typedef {object} Places
 * @property {URL | string} [models] the folder of `models.json` and the models
 * @property {URL | string} [runtime] the folder of onnxruntime-web's files
 * @property {(share: number) => void} [progress] gets the share of the model that has arrived
 */

const HERE = import.meta.url;

/** A program of one instruction of SIMD. */
const SIMD = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** @type {Map<string, Promise<any>>} */
const loaded = new Map();

/**
 * The model of that name; a second call gets the same one.
 * @param {string} name @param {Places} [places]
 * @returns {Promise<Diffusion>}
 * @throws {Error} in one sentence: no such model, a download that fails or is damaged, or a browser
 *     without WebAssembly. The next call tries again.
 */
export function load(name, places) {
  return once(name, places, async (contents, open) => {
    const entry = contents.models[check.choice("model", name, Object.keys(contents.models))];
    return new Diffusion(entry.recipe, await open(entry));
  });
}

/**
 * The classifier that reads digits; a second call gets the same one.
 * @param {Places} [places]
 * @returns {Promise<Classifier>}
 * @throws {Error} as `load` does.
 */
export function loadClassifier(places) {
  return once("classifier", places, async ({ classifier }, open) => {
    return new Classifier(await open(classifier));
  });
}

/**
 * @template T
 * @param {string} name @param {Places | undefined} places
 * @param {(contents: Contents, open: (entry: Entry) => Promise<Network>) => Promise<T>} make
 * @returns {Promise<T>}
 */
function once(name, { models, runtime, progress } = {}, make) {
  const folder = folderOf(models ?? new URL("../../assets/live/", HERE));
  const address = `${folder}${name}`;
  const known = loaded.get(address);
  if (known) return known;
  const engine = folderOf(runtime ?? new URL("../runtime/", HERE));
  const made = listOf(folder).then((contents) =>
    make(contents, (entry) => open(name, entry, folder, engine, progress)),
  );
  loaded.set(address, made);
  made.catch(() => loaded.delete(address));
  return made;
}

/** What `models.json` of a folder says. @param {string} folder @returns {Promise<Contents>} */
async function listOf(folder) {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD)) {
    throw new Error("this browser has no WebAssembly with SIMD, which a model needs to run");
  }
  return JSON.parse(new TextDecoder().decode(await download(`${folder}models.json`)));
}

/**
 * A network in a worker; one that has failed is opened again when it is next asked.
 * @param {string} name
 * @param {Entry} entry
 * @param {string} folder
 * @param {string} runtime
 * @param {Places["progress"]} progress
 * @returns {Promise<Network>}
 */
async function open(name, entry, folder, runtime, progress) {
  const start = () => started(name, entry, folder, runtime, progress);
  /** @type {Promise<Network> | null} */
  let network = start();
  await network;
  return async (x, t, labels) => {
    const mine = (network ??= start());
    try {
      return await (await mine)(x, t, labels);
    } catch (error) {
      if (network === mine) network = null;
      throw error;
    }
  };
}

/** @type {typeof open} */
async function started(name, entry, folder, runtime, progress) {
  /** @param {unknown} error @returns {never} */
  const fail = (error) => {
    const reason = messageOf(error);
    const whole = `the model '${name}' cannot run in this browser: ${reason}`;
    throw new Error(reason.startsWith("the runtime") ? reason : whole, { cause: error });
  };
  const worker = workerOr(fail);
  const openIn = inWorker(worker, runtime); // which starts while the model arrives
  try {
    const model = await fetched(name, entry, folder, progress);
    return await openIn(model).catch(fail);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** A new worker. @param {(error: unknown) => never} fail */
function workerOr(fail) {
  try {
    return new Worker(new URL("./worker.js", HERE), { type: "module" });
  } catch (error) {
    return fail(error);
  }
}

/**
 * The file of a model, checked.
 * @param {string} name @param {Entry} entry @param {string} folder
 * @param {Places["progress"]} progress
 */
async function fetched(name, { file, bytes, sha256 }, folder, progress) {
  const model = await download(folder + file, (count) => progress?.(Math.min(1, count / bytes)));
  const digest = await sha256Of(model);
  if (model.byteLength !== bytes || (digest !== null && digest !== sha256)) {
    throw new Error(`the model '${name}' arrived damaged: try again`);
  }
  return model;
}

/**
 * What an address holds.
 * @param {string} address
 * @param {(bytes: number) => void} [progress]
 * @returns {Promise<ArrayBuffer>}
 */
async function download(address, progress) {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`the host answers ${response.status}`);
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const parts = [];
    let bytes = 0;
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      parts.push(part.value);
      progress?.((bytes += part.value.length));
    }
    return await new Blob(parts).arrayBuffer();
  } catch (error) {
    const file = address.split("/").pop();
    throw new Error(`'${file}' cannot be downloaded: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The digest, or null where the page is not served safely, so that the browser computes none.
 * @param {ArrayBuffer} bytes
 */
async function sha256Of(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An address that ends in a slash. @param {URL | string} address */
function folderOf(address) {
  return String(new URL(address, HERE)).replace(/\/?$/, "/");
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
