/**
 * What the classifier reads, in words and as ten bars.
 * @module
 */

import { el } from "./dom.js";
import { classifier, sentence } from "./runner.js";

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(share > 0.9995 ? 0 : 1)}%`;

/** "a 7", "an 8". @param {number} digit */
export const aDigit = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

/** A line that says what pictures show. */
export function reads() {
  const words = el("span", { className: "live-words" });
  const bars = Array.from({ length: 10 }, () => el("i"));
  const chart = el(
    "span",
    { className: "live-bars", "aria-hidden": "true" },
    ...bars.map((bar, k) => el("span", {}, bar, el("b", {}, String(k)))),
  );
  const element = el("div", { className: "live-reads", hidden: true }, words, chart);
  let last = 0;

  return {
    element,
    /** Nothing to read. */
    clear() {
      last += 1;
      element.hidden = true;
    },
    /**
     * Reads images of 28x28.
     * @param {ArrayLike<number>} images
     * @param {(number | null)[]} [wanted] what each was to be
     * @param {string} [lead] which pictures these are, such as "Up close, "
     * @returns {Promise<string>} the words
     */
    async show(images, wanted = [], lead = "") {
      const mine = ++last;
      try {
        const readings = await (await classifier()).read(images);
        if (mine !== last) return "";
        const [first] = readings;
        const right = readings.filter(({ digit }, k) => digit === wanted[k]).length;
        const asked = wanted.every((label) => typeof label === "number") && wanted.length > 0;
        const said =
          readings.length === 1
            ? `reads ${aDigit(first.digit)}, with a certainty of ${percent(first.certainty)}`
            : asked
              ? `recognises ${right} of ${readings.length} as the requested digit`
              : `reads ${readings.map(({ digit }) => digit).join(", ")}`;
        words.textContent = `${lead}${lead ? "the" : "The"} classifier ${said}.`;
        chart.hidden = readings.length > 1;
        bars.forEach((bar, k) => {
          bar.style.height = `${100 * first.shares[k]}%`;
          bar.parentElement?.classList.toggle("live-most", k === first.digit);
        });
      } catch (error) {
        if (mine === last) words.textContent = sentence(error);
        chart.hidden = true;
      }
      element.hidden = false;
      return words.textContent ?? "";
    },
  };
}
