/**
 * Data in the plane: points with one of two labels, spread by about 1 in each direction.
 * @module
 */

import { Generator } from "../engine/noise.js";

/** @typedef {import("../engine/points.js").Point} Point */

const N = 160;

/** @param {(k: number, u: number) => Point} make @returns {Point[]} */
const points = (make) => Array.from({ length: N }, (_, k) => make(k, (k + 0.5) / N));

/** Normal numbers, two for each point. */
const grain = () => new Generator(5).normal(2 * N);

/** @type {Record<string, () => Point[]>} */
export const DATA = {
  spiral: () =>
    points((_, u) => {
      const [angle, radius] = [5 * Math.PI * Math.sqrt(u), 2 * Math.sqrt(u)];
      return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), label: u < 0.5 ? 0 : 1 };
    }),
  moons: () =>
    points((k, u) => {
      const label = k % 2;
      const angle = Math.PI * u;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      return label
        ? { x: 1.2 * (1 - x) - 0.6, y: 0.4 - 1.2 * y, label }
        : { x: 1.2 * x - 0.6, y: 1.2 * y - 0.4, label };
    }),
  clusters: () => {
    const noise = grain();
    return points((k) => {
      const angle = (2 * Math.PI * (k % 8)) / 8;
      return {
        x: 1.5 * Math.cos(angle) + 0.12 * noise[2 * k],
        y: 1.5 * Math.sin(angle) + 0.12 * noise[2 * k + 1],
        label: k % 2,
      };
    });
  },
  labels: () => {
    const noise = grain();
    return points((k) => {
      const label = k % 2;
      const side = label ? 0.9 : -0.9;
      return { x: side + 0.45 * noise[2 * k], y: 0.9 * noise[2 * k + 1], label };
    });
  },
};
