/**
 * ddpm in a browser: the functions of the Python package, under the same names.
 *
 *     import { load, sample } from "./live/engine/index.js";
 *     const model = await load("digits");
 *     const { images, n, height, width } = await sample(model, { labels: [3], seed: 0 });
 *
 * @module
 */

export { drawAnagram as anagram } from "./anagrams.js";
export { commandOf } from "./commands.js";
export { addNoise, denoise } from "./denoising.js";
export { drawHybrid as hybrid } from "./hybrids.js";
export { inpaint } from "./inpainting.js";
export { load, loadClassifier } from "./loading.js";
export { Diffusion } from "./model.js";
export { SAMPLERS } from "./sampling.js";
export { NoiseSchedule } from "./schedule.js";
export { sdedit } from "./sdedit.js";
export { SPACINGS, every, strided } from "./timesteps.js";
export { VIEWS, through, view } from "./views.js";

/**
 * Images from noise.
 * @param {import("./model.js").Diffusion} model
 * @param {import("./model.js").StatesOptions & import("./model.js").Watching} [options]
 */
export function sample(model, options) {
  return model.sample(options);
}
