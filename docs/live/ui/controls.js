/**
 * The controls of all tools. Each has an element and a value, and tells of changes by the reader.
 * @module
 */

import { button, el, newId } from "./dom.js";

/**
 * @template T
 * @typedef {object} Control
 * @property {HTMLElement} element
 * @property {T} value setting it calls no handler
 * @property {(on: boolean) => void} enable
 */

/**
 * A few choices side by side, of which one is taken.
 * @template {string | number | null} T
 * @param {object} options
 * @param {string} options.label
 * @param {{ value: T, text: string, title?: string }[]} options.choices
 * @param {T} options.value
 * @param {(value: T) => void} options.onchange
 * @param {string} [options.className]
 * @returns {Control<T> & { allow: (value: T, on: boolean) => void }} `allow` for one choice
 */
export function choices({ label, choices, value, onchange, className = "" }) {
  const name = newId("choice");
  /** @type {HTMLInputElement[]} */
  const inputs = choices.map((each) =>
    el("input", {
      type: "radio",
      name,
      value: String(each.value),
      checked: each.value === value,
      "aria-label": each.title,
      onchange: () => onchange(each.value),
    }),
  );
  const element = el(
    "fieldset",
    { className: `live-field live-choices ${className}` },
    el("legend", {}, label),
    el(
      "div",
      { className: "live-chips" },
      ...choices.map(({ text, title }, k) =>
        el("label", { className: "live-chip", title }, inputs[k], el("span", {}, text)),
      ),
    ),
  );
  return {
    element,
    get value() {
      return choices[inputs.findIndex((input) => input.checked)].value;
    },
    set value(wanted) {
      const k = choices.findIndex((each) => each.value === wanted);
      if (k >= 0) inputs[k].checked = true;
    },
    enable: (on) => void (element.disabled = !on),
    allow(which, on) {
      inputs[choices.findIndex((each) => each.value === which)].disabled = !on;
    },
  };
}

/** The ten digits, and what else can be chosen in their place. */
const DIGITS = Array.from({ length: 10 }, (_, k) => ({
  value: /** @type {number | null} */ (k),
  text: String(k),
}));

/**
 * One of the ten digits, or something else that stands for null.
 * @param {object} options
 * @param {string} options.label
 * @param {number | null} options.value
 * @param {(value: number | null) => void} options.onchange
 * @param {string} [options.none] the text of null; there is none by default
 */
export function digits({ none, ...options }) {
  const all = none ? [...DIGITS, { value: null, text: none }] : DIGITS;
  return choices({ ...options, choices: all, className: "live-digits" });
}

/**
 * A number under a slider, with what it is beside its name.
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.value
 * @param {number} options.min @param {number} options.max @param {number} [options.step]
 * @param {(value: number) => void} options.onchange
 * @param {(value: number) => string} [options.show]
 * @param {string} [options.hint]
 * @returns {Control<number>}
 */
export function slider({ label, value, min, max, step = 1, onchange, show = String, hint }) {
  const id = newId("slider");
  const output = el("output", { htmlFor: id });
  const input = el("input", { type: "range", id, min, max, step, title: hint });
  input.value = String(value);
  const tell = () => {
    output.value = show(Number(input.value));
    input.setAttribute("aria-valuetext", output.value);
    const share = (Number(input.value) - min) / (max - min);
    input.style.setProperty("--share", `${100 * share}%`);
  };
  input.addEventListener("input", () => {
    tell();
    onchange(Number(input.value));
  });
  tell();
  const element = el(
    "div",
    { className: "live-field live-slider" },
    el("div", { className: "live-line" }, el("label", { htmlFor: id }, label), output),
    input,
  );
  return {
    element,
    get value() {
      return Number(input.value);
    },
    set value(wanted) {
      input.value = String(wanted);
      tell();
    },
    enable(on) {
      input.disabled = !on;
      element.classList.toggle("live-off", !on);
    },
  };
}

/**
 * A slider over a list of values.
 * @param {Omit<Parameters<typeof slider>[0], "min" | "max" | "step"> & { values: number[] }} options
 * @returns {Control<number>}
 */
export function stops({ values, value, onchange, show = String, ...rest }) {
  /** @param {number} wanted */
  const nearest = (wanted) =>
    values.reduce(
      (best, each, k) => (Math.abs(each - wanted) < Math.abs(values[best] - wanted) ? k : best),
      0,
    );
  const inner = slider({
    ...rest,
    min: 0,
    max: values.length - 1,
    value: nearest(value),
    show: (k) => show(values[k]),
    onchange: (k) => onchange(values[k]),
  });
  return {
    element: inner.element,
    enable: inner.enable,
    get value() {
      return values[inner.value];
    },
    set value(wanted) {
      inner.value = nearest(wanted);
    },
  };
}

/**
 * One of several names, from a list that opens.
 * @param {object} options
 * @param {string} options.label
 * @param {{ value: string, text: string }[]} options.choices
 * @param {string} options.value
 * @param {(value: string) => void} options.onchange
 * @returns {Control<string>}
 */
export function list({ label, choices, value, onchange }) {
  const id = newId("list");
  const select = el(
    "select",
    { id, onchange: () => onchange(select.value) },
    ...choices.map((each) => el("option", { value: each.value }, each.text)),
  );
  select.value = value;
  return {
    element: el(
      "div",
      { className: "live-field live-list" },
      el("label", { htmlFor: id }, label),
      select,
    ),
    get value() {
      return select.value;
    },
    set value(wanted) {
      if (choices.some((each) => each.value === wanted)) select.value = wanted;
    },
    enable: (on) => void (select.disabled = !on),
  };
}

/** The largest seed of the engine. */
const LAST_SEED = 4293;

/**
 * A seed, with a button for the next one.
 * @param {object} options
 * @param {number} options.value @param {(value: number) => void} options.onchange
 * @returns {Control<number>}
 */
export function seed({ value, onchange }) {
  const id = newId("seed");
  const input = el("input", { type: "number", id, min: 0, max: LAST_SEED, step: 1 });
  input.value = String(value);
  const tell = () => {
    const wanted = Math.round(Number(input.value));
    input.value = String(Math.min(Math.max(wanted || 0, 0), LAST_SEED));
    onchange(Number(input.value));
  };
  input.addEventListener("change", tell);
  const next = button(
    "Next",
    () => {
      input.value = String((Number(input.value) + 1) % (LAST_SEED + 1));
      tell();
    },
    { title: "The next seed: other noise, another picture" },
  );
  return {
    element: el(
      "div",
      { className: "live-field live-seed" },
      el("label", { htmlFor: id }, "Seed"),
      el("div", { className: "live-pair" }, input, next),
    ),
    get value() {
      return Number(input.value);
    },
    set value(wanted) {
      input.value = String(wanted);
    },
    enable(on) {
      input.disabled = next.disabled = !on;
    },
  };
}
