/**
 * The state of a tool in the page's address, such as `#draw?label=8&strength=0.7`.
 * @module
 */

/**
 * A tool's name and its settings.
 * @typedef {{ tool: string, settings: Record<string, string> }} State
 */

/** What the address says. @param {string} hash @returns {State} */
export function fromHash(hash) {
  const [tool, query = ""] = hash.replace(/^#/, "").split("?");
  return { tool, settings: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} tool @param {Record<string, string | number | null | undefined>} settings */
export function toHash(tool, settings) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(settings)) {
    if (value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return `#${tool}${text ? `?${text}` : ""}`;
}

/**
 * Settings from outside: what is no number within the range is left as it was.
 * @param {string | undefined} text @param {number} old @param {number} low @param {number} high
 */
export function numberFrom(text, old, low, high) {
  const value = Number(text);
  return text && Number.isFinite(value) && value >= low && value <= high ? value : old;
}

/**
 * A label from outside; "none" is null.
 * @param {string | undefined} text @param {number | null} old
 */
export function labelFrom(text, old) {
  if (text === "none") return null;
  return text && /^\d$/.test(text) ? Number(text) : old;
}

/** Levels of grey that an address holds, black and white among them. */
const LEVELS = 15;

/**
 * Pixels with the levels of grey that an address can hold, so that a link shows the same picture.
 * @param {ArrayLike<number>} pixels @returns {Float32Array}
 */
export function rounded(pixels) {
  return Float32Array.from(pixels, (value) => (17 * Math.round(value * LEVELS)) / 255);
}

/**
 * Pixels as letters: four bits each, and runs of black or white as their length.
 * @param {ArrayLike<number>} pixels in [0, 1]
 */
export function packed(pixels) {
  /** @type {number[]} */
  const parts = [];
  for (let i = 0; i < pixels.length;) {
    const level = Math.round(pixels[i] * LEVELS);
    let end = i + 1;
    if (level === 0 || level === LEVELS) {
      while (end < pixels.length && end - i < 16 && Math.round(pixels[end] * LEVELS) === level)
        end++;
      parts.push(level, end - i - 1);
    } else parts.push(level);
    i = end;
  }
  if (parts.length % 2) parts.push(0);
  let text = "";
  for (let i = 0; i < parts.length; i += 2)
    text += String.fromCharCode(16 * parts[i] + parts[i + 1]);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * The inverse of `packed`.
 * @param {string | undefined} text @param {number} size
 * @returns {Float32Array | null} null for what is no picture
 */
export function unpacked(text, size) {
  if (!text) return null;
  /** @type {string} */
  let bytes;
  try {
    bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    return null;
  }
  const parts = Array.from(bytes, (c) => c.charCodeAt(0)).flatMap((byte) => [byte >> 4, byte & 15]);
  const pixels = new Float32Array(size);
  let at = 0;
  for (let i = 0; i < parts.length && at < size; i++) {
    const level = parts[i];
    const run = level === 0 || level === LEVELS ? (parts[++i] ?? 0) + 1 : 1;
    pixels.fill((17 * level) / 255, at, Math.min(size, at + run));
    at += run;
  }
  return at >= size ? pixels : null;
}
