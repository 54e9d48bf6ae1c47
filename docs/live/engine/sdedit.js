/**
 * Image to image (SDEdit), as in `ddpm/techniques/sdedit.py`: add noise to an image, then sample
 * from there.
 * @module
 */

import * as check from "./arguments.js";
import { denoise } from "./denoising.js";
import { howTo, inRange } from "./shared.js";
import { round } from "./timesteps.js";

/** @typedef {import("./tensors.js").Images} Images */

/**
 * Where SDEdit starts: the image with the noise of time t (Meng et al. 2022, algorithm 1). At t = T
 * it is the noise alone, since that is where sampling starts.
 * @param {Images} image in the network's range
 * @param {number} t 0..T
 * @param {import("./schedule.js").NoiseSchedule} schedule
 * @param {Images} eps
 */
export function noised(image, t, schedule, eps) {
  return t === schedule.T ? eps : schedule.addNoise(image, t, eps);
}

/**
 * @typedef {object} SDEditOptions
 * @property {import("./shared.js").Pixels} image one or several images in [0, 1]
 * @property {number} strength how far to go back towards noise, as a share of T: 0 gives the image
 *     itself, 1 forgets it
 * @property {import("./shared.js").Labels} [label] what it becomes
 * @property {number} [n] how many versions of a single image
 */

/**
 * Adds noise to an image and takes it off again, so that it comes back as a digit.
 * @param {import("./model.js").Diffusion} model
 * @param {SDEditOptions & import("./shared.js").How} options
 */
export async function sdedit(model, { image, strength, label = null, n = 1, ...how }) {
  check.number("strength", strength, 0, 1);
  const t = round(strength * model.recipe.T);
  const x0 = inRange(model, image, n);
  const { seed, first } = howTo(how);
  const eps = model.noise(x0.shape[0], { seed, first })();
  return denoise(model, { noisy: noised(x0, t, model.schedule, eps), t, label, ...how });
}
