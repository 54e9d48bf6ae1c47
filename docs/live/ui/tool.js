/**
 * One tool of the playground: its stage, its controls, what runs, and what can be taken away.
 * @module
 */

import { button, el, later, newId } from "./dom.js";
import { gif, png, save } from "./downloads.js";
import { Runner } from "./runner.js";
import { toHash } from "./state.js";

/** @typedef {import("./downloads.js").Grey} Grey */
/** @typedef {import("./runner.js").Job} Job */

/**
 * What a tool is made of.
 * @typedef {object} Parts
 * @property {Node[]} stage
 * @property {Node[]} panel
 * @property {() => Job | null} job what Run does; null where there is nothing to do yet
 * @property {() => string} command of the package, for the same picture; may throw
 * @property {(settings: Record<string, string>) => void} set
 * @property {() => Record<string, string | number>} address
 * @property {() => Grey | null} picture
 * @property {() => (() => { frames: Grey[], delay?: number }) | null} moving makes a GIF's frames
 * @property {{ name: string, picture: () => Grey | null }[]} [files] that the command reads
 * @property {() => void} [enter] it is shown
 * @property {() => void} [empty] what Run does where there is no job
 * @property {() => void} [pause] stops what moves
 */

/**
 * What a tool can ask of its frame.
 * @typedef {object} Frame
 * @property {import("./settings.js").Info[]} models
 * @property {(options?: { run?: boolean, start?: boolean }) => void} changed something was set or
 *     drawn; it runs if a model is loaded, and with `start` also if none is
 * @property {(text: string) => void} say for readers who do not see the result
 */

/** @typedef {Parts & { id: string, title: string, element: HTMLElement, runner: Runner }} Tool */

/**
 * @param {string} id
 * @param {string} title
 * @param {import("./settings.js").Info[]} models
 * @param {(frame: Frame) => Parts} build
 * @param {(tool: Tool) => void} moved its address has changed
 * @returns {Tool}
 */
export function makeTool(id, title, models, build, moved) {
  const run = button("Run", () => start(), { className: "live-button live-run" });
  const busy = el("span", { className: "live-busy", "aria-hidden": "true" });
  const live = el("div", { className: "live-hidden", role: "status" });
  const error = el("div", { className: "live-error", role: "alert", hidden: true });
  const first = el("p", { className: "live-note" }, "Run fetches the model once, about 7 MB.");

  const runner = new Runner({
    busy(text) {
      run.classList.toggle("live-working", text !== null);
      run.setAttribute("aria-busy", String(text !== null));
      busy.textContent = text === "Sampling" ? "" : (text ?? "");
      if (text !== null) error.hidden = true;
      if (runner.warm) first.hidden = true;
      refresh();
    },
    fail(sentence, retry) {
      error.replaceChildren(sentence, " ", button("Try again", retry));
      error.hidden = false;
    },
  });
  const start = () => {
    const job = parts.job();
    if (job) runner.run(job);
    else parts.empty?.();
  };
  const again = later(start, 120);
  const say = later((/** @type {string} */ text) => void (live.textContent = text), 700);

  const parts = build({
    models,
    say,
    changed({ run = true, start: from = false } = {}) {
      refresh();
      moved(tool);
      const job = run && (runner.warm || from) ? parts.job() : null;
      if (job?.patient) runner.run(job);
      else if (job) again();
    },
  });

  const code = el("code", {});
  const copied = el("span", { className: "live-copied", role: "status" });
  /** @param {string} text @param {string} words */
  const copy = async (text, words) => {
    try {
      await navigator.clipboard.writeText(text);
      copied.textContent = words;
    } catch {
      copied.textContent = "This browser does not let a page copy; select the text instead.";
    }
    setTimeout(() => (copied.textContent = ""), 2500);
  };
  const copyCode = button("Copy", () => copy(code.textContent ?? "", "Command copied"), {
    "aria-label": "Copy the command",
  });
  const link = button("Copy link", () =>
    copy(new URL(toHash(id, parts.address()), location.href).href, "Link copied"),
  );
  /** @param {() => Promise<Blob | null>} make @param {string} name */
  const download = async (make, name) => {
    try {
      const blob = await make();
      if (blob) save(blob, name);
    } catch {
      copied.textContent = `The ${name.split(".")[1].toUpperCase()} cannot be made: try again.`;
    }
  };
  const still = button(
    "PNG",
    () => {
      const grey = parts.picture();
      return download(async () => grey && png(grey), `${id}.png`);
    },
    { "aria-label": "Download the picture as PNG" },
  );
  const moving = button(
    "GIF",
    () => {
      const film = parts.moving()?.();
      return download(async () => (film ? gif(film.frames, film.delay) : null), `${id}.gif`);
    },
    { "aria-label": "Download the way to it as GIF" },
  );
  const files = (parts.files ?? []).map((file) =>
    button(
      file.name,
      () => {
        const grey = file.picture();
        return download(async () => grey && png(grey, true), file.name);
      },
      { "aria-label": `Download ${file.name}, which the command reads` },
    ),
  );
  const line = el("div", { className: "live-command" }, code, copyCode);
  const foot = el(
    "div",
    { className: "live-foot" },
    el("span", { className: "live-caption" }, "The same picture in Python"),
    line,
    el("div", { className: "live-actions" }, link, still, moving, ...files, copied),
  );

  /** Shows the command, and which buttons have something to give. */
  function refresh() {
    try {
      // A line ends between words: after a hyphen it would look like another option.
      const words = parts.command().split(" ");
      code.replaceChildren(...words.flatMap((word, k) => [k ? " " : "", el("span", {}, word)]));
      line.hidden = false;
    } catch {
      line.hidden = true;
    }
    still.disabled = parts.picture() === null;
    moving.disabled = parts.moving() === null;
    files.forEach((each, k) => (each.disabled = parts.files?.[k].picture() === null));
  }

  const element = el(
    "div",
    { className: `live-tool live-tool-${id}`, role: "tabpanel", id: newId("panel"), tabIndex: -1 },
    el(
      "div",
      { className: "live-start" },
      el("div", { className: "live-go" }, run, busy),
      error,
      first,
    ),
    el("div", { className: "live-stage" }, ...parts.stage),
    el("div", { className: "live-panel" }, ...parts.panel),
    foot,
    live,
  );
  const tool = {
    ...parts,
    id,
    title,
    element,
    runner,
    /** @param {Record<string, string>} given */
    set(given) {
      parts.set(given);
      refresh();
    },
  };
  refresh();
  return tool;
}
