/**
 * Checks of what the engine is called with, as in `ddpm/arguments.py`: a wrong argument is named,
 * with what was given and what is allowed.
 * @module
 */

/** What was given, in a few words. @param {unknown} value @returns {string} */
export function shown(value) {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  const text = typeof value === "string" ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/**
 * A whole number within low..high.
 * @param {string} name @param {unknown} value @param {number} [low] @param {number} [high]
 * @returns {number}
 * @throws {TypeError|RangeError} another kind of thing, or out of range.
 */
export function integer(name, value, low = -Infinity, high = Infinity) {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new TypeError(`${name} must be a whole number, not ${shown(value)}`);
  }
  if (value < low || value > high) {
    const allowed = high === Infinity ? `at least ${low}` : `within ${low}..${high}`;
    throw new RangeError(`${name} must be ${allowed}, not ${value}`);
  }
  return value;
}

/**
 * A finite number within low..high.
 * @param {string} name @param {unknown} value @param {number} [low] @param {number} [high]
 * @returns {number}
 * @throws {TypeError|RangeError} another kind of thing, or out of range.
 */
export function number(name, value, low = -Infinity, high = Infinity) {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`${name} must be a finite number, not ${shown(value)}`);
  }
  if (value < low || value > high) {
    const allowed = high < Infinity ? `within ${low}..${high}` : `at least ${low}`;
    throw new RangeError(`${name} must be ${allowed}, not ${value}`);
  }
  return value;
}

/**
 * A list that is not empty, as an array.
 * @param {string} name @param {unknown} value @param {string} of what it lists
 * @returns {unknown[]}
 * @throws {TypeError} no list, or an empty one.
 */
export function listed(name, value, of) {
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const values = isList ? Array.from(/** @type {any} */ (value)) : [];
  if (values.length === 0) {
    throw new TypeError(`${name} must be a list of at least 1 of ${of}, not ${shown(value)}`);
  }
  return values;
}

/**
 * How many images are asked for, by their number or by what is given for each.
 * @param {Record<string, number | undefined>} given @param {number} largest
 */
export function count(given, largest) {
  const counts = Object.entries(given).filter(([, number]) => number !== undefined);
  if (new Set(counts.map(([, number]) => number)).size !== 1) {
    const found = counts.map(([name, number]) => `${name} for ${number}`).join(" and ");
    throw new RangeError(`give one number of images by n, labels or x, not ${found || "none"}`);
  }
  return integer("n", counts[0][1], 1, largest);
}

/**
 * Labels, one for each image; within 0..classes - 1 if that is known.
 * @param {string} name @param {unknown} value @param {number} [classes]
 * @returns {number[]}
 */
export function labels(name, value, classes = Infinity) {
  return listed(name, value, "labels").map((y, i) => integer(`${name}[${i}]`, y, 0, classes - 1));
}

/**
 * The times of a path within 0..T, each different from the one before; `end` is the last.
 * @param {string} name @param {unknown} value @param {number} [T] @param {number} [end]
 * @returns {number[]}
 */
export function times(name, value, T = Infinity, end = undefined) {
  const path = listed(name, value, "times").map((t, i) => integer(`${name}[${i}]`, t, 0, T));
  if (path.slice(1).some((s, i) => s === path[i] || path[i] === 0)) {
    throw new RangeError(`${name} must not stay at a time or leave 0, as ${shown(path)} does`);
  }
  if (end !== undefined && path[path.length - 1] !== end) {
    throw new RangeError(`${name} must end at ${end}, not at ${path[path.length - 1]}`);
  }
  return path;
}

/**
 * One of the names that are known.
 * @param {string} name @param {unknown} value @param {string[]} known
 * @returns {string}
 */
export function choice(name, value, known) {
  if (typeof value !== "string" || !known.includes(value)) {
    throw new RangeError(`unknown ${name} ${shown(value)}; there are ${known.join(", ")}`);
  }
  return value;
}

/** Refuses what cannot be called. @param {string} name @param {unknown} value */
export function callable(name, value) {
  if (typeof value !== "function") {
    throw new TypeError(`${name} must be a function, not ${shown(value)}`);
  }
}
