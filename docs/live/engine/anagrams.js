/**
 * Visual anagrams, as in `ddpm/techniques/anagrams.py`: images that show another digit when you
 * look at them through another view.
 * @module
 */

import * as check from "./arguments.js";
import { drawFromNoise, epsFor } from "./shared.js";
import { combine, map } from "./tensors.js";
import { NEGATION, checkView, view } from "./views.js";

/**
 * @typedef {import("./sampling.js").EpsFn} EpsFn
 * @typedef {import("./views.js").View} View
 */

/** The usual scale of guidance, for models that can be guided: two labels pull at one image. */
export const ANAGRAM_GUIDANCE = 10;

/**
 * The mean of what several estimates say of one image, each seeing it through its view (Geng, Park
 * and Owens 2024, "Visual Anagrams", section 3.2).
 * @param {[eps: EpsFn, view: View][]} parts
 * @returns {EpsFn}
 */
export function anagram(parts) {
  if (parts.length === 0) {
    throw new RangeError("an anagram needs at least one noise estimate and its view");
  }
  return async (x, t) => {
    /** @type {import("./tensors.js").Images[]} */
    const seen = [];
    for (const [eps, chosen] of parts) seen.push(chosen.undo(await eps(chosen.apply(x), t)));
    const [first, ...others] = seen;
    const sum = others.reduce((sum, each) => combine([1, sum], [1, each]), first);
    return map(sum, (value) => value / parts.length);
  };
}

/**
 * @typedef {object} AnagramOptions
 * @property {import("./shared.js").Labels[]} labels what is to be seen through each view
 * @property {(string | View)[]} [views] by name or as they are
 * @property {number} [n] how many images
 */

/**
 * Samples images that are another digit when seen through another view.
 * @param {import("./model.js").Diffusion} model
 * @param {AnagramOptions & import("./shared.js").How} options by default the sampler is ancestral
 *     and the guidance `ANAGRAM_GUIDANCE`
 */
export async function drawAnagram(
  model,
  { labels, views = ["identity", "rotate_180"], n = 1, ...how },
) {
  const chosen = check.listed("views", views, "views").map((each) =>
    typeof each === "string" ? view(each) : /** @type {View} */ (each),
  );
  if (labels?.length !== chosen.length) {
    const given = `${labels?.length ?? 0} and ${chosen.length}`;
    throw new RangeError(`give a label for each view: ${given} were given`);
  }
  const names = chosen.map((each) => each.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new RangeError(`the view '${twice}' is given twice`);
  const { scaling, recipe } = model;
  if (chosen.includes(NEGATION) && scaling.mean !== 0.5) {
    throw new RangeError(`'${recipe.name}' has no negatives: its range is not even about 0`);
  }
  for (const each of chosen) checkView(each, scaling.size, scaling.channels);

  return drawFromNoise(
    model,
    n,
    (part, options) =>
      anagram(chosen.map((each, i) => [epsFor(model, labels[i], n, part, options), each])),
    scaling.size,
    ANAGRAM_GUIDANCE,
    how,
  );
}
