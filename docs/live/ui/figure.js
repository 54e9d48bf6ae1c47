/**
 * A figure of a lesson that comes alive: the still one stays until there is a picture of its own.
 * @module
 */

import { button, el, later } from "./dom.js";
import { Runner } from "./runner.js";

/**
 * What a live figure is made of.
 * @typedef {object} Parts
 * @property {Node[]} stage
 * @property {Node[]} controls
 * @property {import("./runner.js").Work} work
 * @property {() => Promise<string> | string} [more] the playground's address for the same picture
 * @property {string | null} [model] null for a figure that needs none
 * @property {boolean} [quick] so quick that it follows a slider; else it runs once that rests
 */

/**
 * Puts a button under a still figure, which starts the live one.
 * @param {HTMLElement} host holds the still figure
 * @param {(changed: () => void) => Parts} build
 */
export function liveFigure(host, build) {
  const busy = el("span", { className: "live-busy", role: "status" });
  const error = el("div", { className: "live-error", role: "alert", hidden: true });
  const box = el("div", { className: "live live-figure" });
  const stills = host.hasAttribute("data-keep") ? [] : [...host.children];

  /** @type {Parts | null} */
  let parts = null;
  const runner = new Runner({
    busy(text) {
      box.classList.toggle("live-busy-box", text !== null);
      busy.textContent = text === "Sampling" ? "" : (text ?? "");
      if (text !== null) error.hidden = true;
    },
    fail(sentence, retry) {
      error.replaceChildren(sentence, " ", button("Try again", retry));
      error.hidden = false;
    },
  });
  const run = () => {
    if (!parts) return;
    const { work, quick = false, model: name = "digits" } = parts;
    runner.run({
      model: name,
      patient: quick,
      async work(engine, model, signal) {
        await work(engine, model, signal);
        const hash = await parts?.more?.();
        if (hash) link.href = new URL(`../../playground/${hash}`, import.meta.url).href;
        link.hidden = !hash;
        if (body.hidden) show();
      },
    });
  };
  const rested = later(run, 150);
  const body = el("div", { className: "live-body", hidden: true });
  const start = button(
    "Try it live",
    () => {
      parts ??= build(() => (parts?.quick ? run() : rested()));
      if (!body.firstChild)
        body.append(...parts.stage, el("div", { className: "live-row" }, ...parts.controls));
      run();
    },
    { className: "live-button live-run" },
  );
  const link = el("a", { hidden: true }, "Open it in the playground, with its command");
  const line = el("div", { className: "live-go" }, start, busy);

  function show() {
    for (const each of stills) /** @type {HTMLElement} */ (each).hidden = true;
    body.hidden = false;
    start.hidden = true;
    const before = body.lastElementChild === link ? [] : [link];
    body.append(...before);
    line.append(
      button(stills.length ? "Show the still figure" : "Close", () => {
        for (const each of stills) /** @type {HTMLElement} */ (each).hidden = false;
        body.hidden = true;
        start.hidden = false;
        line.lastElementChild?.remove();
        runner.stop();
        start.focus();
      }),
    );
    /** @type {HTMLElement | null} */ (body.querySelector("input, button"))?.focus({
      preventScroll: true,
    });
  }
  box.append(body, line, error);
  host.append(box);
}
