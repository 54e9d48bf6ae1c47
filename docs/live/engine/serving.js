/**
 * What a model may be asked for, as in `ddpm/serving.py`: a student serves some numbers of steps.
 * @module
 */

import { stepRule } from "./sampling.js";

/**
 * @typedef {import("./settings.js").Recipe} Recipe
 * @typedef {import("./sampling.js").StepRule} StepRule
 */

/** The numbers of steps of a student; empty if a model takes any. @param {Recipe} recipe */
export function served(recipe) {
  return recipe.distillation?.serves ?? [];
}

/**
 * The number of steps asked for, or the recipe's own.
 * @param {Recipe} recipe @param {number | null} steps @param {string} spacing
 * @throws {Error} a student was not distilled for this number or this spacing.
 */
export function stepsOf(recipe, steps, spacing) {
  const chosen = steps ?? recipe.steps;
  const known = served(recipe);
  if (known.length > 0 && !known.includes(chosen)) {
    const which = known.join(", ").replace(/, (\d+)$/, " or $1");
    throw new RangeError(`steps: '${recipe.name}' takes ${which}, not ${chosen}`);
  }
  if (known.length > 0 && spacing !== "trailing") {
    throw new RangeError(`spacing: '${recipe.name}' takes trailing steps, not ${spacing}`);
  }
  return chosen;
}

/**
 * What a student knows of its number of steps: k for the k-th number that it knows. 0 is
 * nothing: what every other model knows, and a student after its stage "fold".
 * @param {Recipe} recipe @param {number | null} steps
 */
export function paceOf(recipe, steps) {
  const { stages, serves } = recipe.distillation ?? { stages: [], serves: [] };
  if (serves.length === 0) return 0;
  const telling = stages.filter(({ method }) => ["shortcut", "frechet"].includes(method));
  const told = [...new Set(telling.flatMap((stage) => stage.steps))].sort((a, b) => a - b);
  return 1 + told.indexOf(stepsOf(recipe, steps, "trailing"));
}

/**
 * Labels as a network knows them at a pace.
 * @param {Recipe} recipe @param {number[] | null} labels @param {number} pace
 */
export function atPace({ classes }, labels, pace) {
  return labels && labels.map((label) => label + pace * (classes + 1));
}

/**
 * The step rule of that name, the rule itself, or the recipe's own.
 * @param {Recipe} recipe @param {string | StepRule | null} sampler
 * @throws {Error} there is none of that name, or a student was distilled for another.
 */
export function ruleOf(recipe, sampler) {
  const rule = stepRule(sampler ?? recipe.sampler);
  const other = typeof sampler === "string" && sampler !== recipe.sampler;
  if (other && served(recipe).length > 0) {
    throw new RangeError(`sampler: '${recipe.name}' takes ${recipe.sampler}, not ${sampler}`);
  }
  return rule;
}

/**
 * The sampler that a technique takes by default; a student keeps its own.
 * @param {Recipe} recipe @param {string} sampler
 */
export function usual(recipe, sampler) {
  return served(recipe).length > 0 ? recipe.sampler : sampler;
}
