/**
 * What a recipe says of a model, as in `ddpm/settings.py`.
 * @module
 */

import * as check from "./arguments.js";
import { NoiseSchedule } from "./schedule.js";

/**
 * A model by name; see `Recipe` in Python, whose fields these are.
 * @typedef {object} Recipe
 * @property {string} name
 * @property {"linear" | "cosine" | "single"} schedule
 * @property {number} T
 * @property {[number, number]} betas
 * @property {{ size: number, mean: number, std: number, image: number, channels: number }} scaling
 * @property {"eps" | "x0" | "v"} predicts
 * @property {number} classes number of labels, 0 for a model without labels
 * @property {number} label_dropout
 * @property {string} sampler
 * @property {number} steps
 * @property {number} guidance
 * @property {{ serves: number[], stages: { method: string, steps: number[] }[] }} [distillation]
 *     of a student: the numbers of steps it serves, and how it was taught
 */

/** The noise schedule over 0..T. @param {Recipe} recipe */
export function makeSchedule(recipe) {
  const { schedule, T, betas } = recipe;
  if (schedule === "linear") return NoiseSchedule.linear(T, ...betas);
  return schedule === "cosine" ? NoiseSchedule.cosine(T) : NoiseSchedule.single(T);
}

/**
 * Labels, one for each image; null for a model without labels.
 * @param {Recipe} recipe @param {unknown} labels
 * @returns {number[] | null}
 * @throws {Error} labels for a model without, none for a model with, or one that it has not.
 */
export function checkLabels(recipe, labels) {
  const none = labels === null || labels === undefined;
  if (none && recipe.classes === 0) return null;
  if (none) throw new RangeError(`'${recipe.name}' samples what its labels say: give labels`);
  if (recipe.classes === 0) throw new RangeError(`'${recipe.name}' knows no labels`);
  return check.labels("labels", labels, recipe.classes);
}
