/**
 * Elements of a page in one call.
 * @module
 */

/**
 * An element with properties, attributes, listeners (`onclick`) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props] what is undefined, null or false is left out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== "role") /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

let made = 0;

/** A new id, for a label or a description. @param {string} name */
export function newId(name) {
  return `live-${name}-${++made}`;
}

/**
 * A button.
 * @param {string} text @param {(event: MouseEvent) => void} onclick
 * @param {Record<string, any>} [props]
 */
export function button(text, onclick, props = {}) {
  const { className = "live-button", ...rest } = props;
  return el("button", { type: "button", className, onclick, ...rest }, text);
}

/**
 * Calls a function once things have been quiet for a while.
 * @template {any[]} A
 * @param {(...args: A) => void} f @param {number} milliseconds
 * @returns {(...args: A) => void}
 */
export function later(f, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), milliseconds);
  };
}

/** Whether the reader wants no motion. */
export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
