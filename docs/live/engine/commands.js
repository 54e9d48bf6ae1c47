/**
 * The command of the package that makes the same pictures, to be shown beside them.
 * @module
 */

import { listed } from "./arguments.js";

/**
 * What is common to all commands. Files are those that a reader downloads from the page.
 * @typedef {{ image?: string, mask?: string }} Files
 */

/** How each command is called by the options of its function here. */
const COMMANDS = {
  sample: sampled,
  /** @param {any} options */
  anagram: ({ labels, views = ["identity", "rotate_180"] }) => ({
    labels: labels.map(needed),
    view: views[0] === "identity" ? views.slice(1) : views,
    candidates: 1,
  }),
  /** @param {any} options */
  hybrid: ({ far, near, across, contrast }) => ({
    far: needed(far),
    near: needed(near),
    across,
    contrast,
  }),
  /** @param {any} options @param {Files} files */
  sdedit: ({ strength, label }, { image }) => ({ image, strength, label: labelled(label) }),
  /** @param {any} options @param {Files} files */
  inpaint: ({ label, repeats }, { image, mask }) => ({
    image,
    mask,
    label: labelled(label),
    repeats,
  }),
};

/** The options that each command knows, and those of all. @type {Record<string, string[]>} */
const TAKES = {
  sample: ["labels", "first", "spacing"],
  anagram: ["labels", "views"],
  hybrid: ["far", "near", "across", "contrast"],
  sdedit: ["image", "strength", "label"],
  inpaint: ["image", "mask", "label", "repeats"],
};
const ALL = ["n", "steps", "sampler", "guidance", "clip", "seed"];
const OF_A_PAGE = ["batch", "states", "watch", "signal"];

/**
 * The command that makes the pictures of `sample`, `anagram`, `hybrid`, `sdedit` or `inpaint`.
 * @param {keyof typeof COMMANDS} name
 * @param {Record<string, any>} options what the function got
 * @param {string} [model] its name
 * @param {Files} [files] the names of the files that the command reads
 * @returns {string}
 * @throws {RangeError} no command makes these pictures.
 */
export function commandOf(name, options, model = "digits", files = {}) {
  const known = [...TAKES[name], ...ALL, ...OF_A_PAGE];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown) throw new RangeError(`the command ${name} has no option '${unknown}'`);
  const own = COMMANDS[name](options, files);
  const { n = 1, steps, sampler, guidance, clip, seed } = options;
  const common = { model: model === "digits" ? null : model, each: n };
  const words = Object.entries({ ...common, ...own, steps, sampler, guidance, clip, seed })
    .filter(([, value]) => value !== null && value !== undefined && value !== false)
    .map(([key, value]) => (value === true ? `--${key}` : `--${key} ${[value].flat().join(" ")}`));
  return ["ddpm", name, ...words].join(" ");
}

/** @param {any} options */
function sampled({ labels, n, first = 0, spacing }) {
  if (first > 0) throw new RangeError("no command begins with another image than the first");
  if (!labels) return { each: n, spacing };
  const all = listed("labels", labels, "labels");
  const kinds = [...new Set(all)];
  const each = all.length / kinds.length;
  if (all.some((label, k) => label !== kinds[Math.floor(k / each)])) {
    throw new RangeError("a command takes the same number of each label, one after the other");
  }
  return { labels: kinds.join(""), each, spacing };
}

/** @param {unknown} label */
function labelled(label) {
  if (Array.isArray(label)) throw new RangeError("a command takes one label for all images");
  return label;
}

/** @param {unknown} label */
function needed(label) {
  if (typeof label !== "number") throw new RangeError("a command takes a number as each label");
  return label;
}
