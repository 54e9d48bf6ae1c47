/**
 * Points of the reader's own on a plane, by pointer and by keys.
 * @module
 */

import { REACH } from "./plane.js";

const STRIDE = 0.15;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param {import("./plane.js").Plane} plane
 * @param {object} page
 * @param {() => boolean} page.on whether points are drawn now
 * @param {(x: number, y: number) => void} page.add
 * @param {() => void} page.show while a line is drawn
 * @param {() => void} page.run once it is drawn
 * @param {(words: string) => void} page.say
 */
export function dotted(plane, { on, add, show, run, say }) {
  const { canvas } = plane;
  let down = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (!on()) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    down = true;
    add(...plane.from(event));
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!down) return;
    add(...plane.from(event));
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (down) run();
      down = false;
    });
  }
  let at = [0, 0];
  canvas.addEventListener("keydown", (event) => {
    if (!on()) return;
    const by = ARROWS[event.key];
    if (by) {
      at = at.map((value, k) => Math.min(Math.max(value + STRIDE * by[k], -REACH), REACH));
      say(`The pen is at ${at.map((value) => value.toFixed(1)).join(", ")}.`);
    } else if (event.key === " ") {
      add(at[0], at[1]);
      run();
    } else return;
    event.preventDefault();
  });
}
