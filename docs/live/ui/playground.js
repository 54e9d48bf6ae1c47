/**
 * The playground: four tools under tabs, whose state is in the page's address.
 * @module
 */

import { draw } from "./draw.js";
import { el, later, newId } from "./dom.js";
import { fill } from "./fill.js";
import { generate } from "./generate.js";
import { fromHash, toHash } from "./state.js";
import { makeTool } from "./tool.js";
import { two } from "./two.js";

/** @typedef {import("./tool.js").Tool} Tool */

const root = document.getElementById("playground");
if (root) open(root);

/** @param {HTMLElement} root */
function open(root) {
  const models = JSON.parse(root.dataset.models ?? "[]");
  const still = (/** @type {string} */ id) =>
    /** @type {HTMLElement | null} */ (root.querySelector(`[data-still="${id}"]`));

  /** @type {Tool | null} */
  let shown = null;
  const write = later(() => {
    if (shown) history.replaceState(null, "", toHash(shown.id, shown.address()));
  }, 250);
  const moved = (/** @type {Tool} */ tool) => {
    if (tool === shown) write();
  };
  /** @type {import("./pad.js").Pad | null} */
  let drawn = null;
  /** @param {import("./tool.js").Frame} frame */
  const drawing = (frame) => {
    const parts = draw(frame);
    drawn = parts.pad;
    return parts;
  };
  const pad = () => /** @type {import("./pad.js").Pad} */ (drawn);
  const tools = [
    makeTool("generate", "Generate", models, generate(still("generate")), moved),
    makeTool("draw", "Draw| and transform", models, drawing, moved),
    makeTool("fill", "Erase| and fill", models, (frame) => fill(pad())(frame), moved),
    makeTool("two", "Two in one", models, two, moved),
  ];

  const tabs = tools.map((tool) => {
    const [name, more = ""] = tool.title.split("|"); // a phone shows the short name
    const tab = el(
      "button",
      {
        type: "button",
        role: "tab",
        id: newId("tab"),
        "aria-controls": tool.element.id,
        onclick: () => show(tool, true),
      },
      name,
      el("span", { className: "live-more" }, more),
    );
    tool.element.setAttribute("aria-labelledby", tab.id);
    return tab;
  });
  const bar = el(
    "div",
    { className: "live-tabs", role: "tablist", "aria-label": "Tools" },
    ...tabs,
  );
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -tools.length, End: tools.length }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = tools.findIndex((tool) => tool === shown) + by;
    const k =
      Math.abs(by) > 1
        ? Math.min(Math.max(at, 0), tools.length - 1)
        : (at + tools.length) % tools.length;
    show(tools[k], true);
    tabs[k].focus();
  });

  /** @param {Tool} tool @param {boolean} [chosen] by the reader, so that the address follows */
  function show(tool, chosen = false) {
    if (shown && shown !== tool) {
      shown.runner.stop();
      shown.pause?.();
    }
    shown = tool;
    tool.enter?.();
    tools.forEach((each, k) => {
      each.element.hidden = each !== tool;
      tabs[k].setAttribute("aria-selected", String(each === tool));
      tabs[k].tabIndex = each === tool ? 0 : -1;
      if (each === tool) bar.scrollLeft = tabs[k].offsetLeft - bar.offsetLeft - 40;
    });
    if (chosen) write();
  }

  /** Follows an address. */
  function follow() {
    const { tool: id, settings } = fromHash(location.hash);
    const tool = tools.find((each) => each.id === id);
    if (!tool) return;
    tool.set(settings);
    show(tool);
    if (tool.runner.warm) {
      const job = tool.job();
      if (job) tool.runner.run(job);
    }
  }

  root.replaceChildren(bar, ...tools.map(({ element }) => element));
  root.classList.add("live");
  show(tools[0]);
  follow();
  addEventListener("hashchange", follow);
}
