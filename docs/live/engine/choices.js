/**
 * Defaults that were chosen by trials, as in `ddpm/choices.py`.
 * @module
 */

/** Of hybrids on a larger canvas: tiles a side. */
export const ACROSS = 4;

/** The share of its range that the far image is given. */
export const CONTRAST = 0.6;

/** The far image's share of the averages at t = T and at t = 0. @type {[number, number]} */
export const SHARES = [1, 0.5];
