/**
 * A picture of the reader's own, by a button or dropped on the drawing.
 * @module
 */

import { button, el } from "./dom.js";
import { rounded } from "./state.js";
import { sentence } from "./runner.js";
import { paint } from "./paint.js";

/**
 * @param {HTMLElement} target where a picture can be dropped
 * @param {(pixels: Float32Array) => void} take gets 28x28 pixels
 */
export function upload(target, take) {
  const stages = el("div", { className: "live-stages", hidden: true });
  const error = el("div", { className: "live-error", role: "alert", hidden: true });
  const input = el("input", { type: "file", accept: "image/*", hidden: true });
  const open = button("Upload", () => input.click(), { title: "A photo or a scan of a digit" });

  /** @type {Worker | null} */
  let worker = null;

  /** @param {File | undefined} file */
  async function read(file) {
    if (!file) return;
    error.hidden = stages.hidden = true;
    worker?.terminate(); // of two pictures, the later one counts
    const mine = (worker = new Worker(new URL("./reading.js", import.meta.url), { type: "module" }));
    try {
      open.textContent = "Reading";
      await checkSize(file);
      const { image, steps } = await brought(mine, file);
      stages.replaceChildren(
        ...steps.map(({ name, values, width, height }) => {
          const canvas = el("canvas", {
            className: "live-canvas",
            role: "img",
            "aria-label": name,
          });
          if (width > 100) canvas.style.imageRendering = "auto"; // shrunk, so not as sharp squares
          paint(canvas, { images: values, n: 1, width, height });
          return el("figure", {}, canvas, el("figcaption", {}, name));
        }),
      );
      stages.hidden = false;
      if (!image.some((value) => value > 0)) throw new Error("no digit was found in this picture");
      take(rounded(image));
    } catch (reason) {
      if (mine !== worker) return;
      error.replaceChildren(
        sentence(reason),
        " ",
        button("Choose another", () => input.click()),
      );
      error.hidden = false;
    } finally {
      mine.terminate();
      if (mine === worker) open.textContent = "Upload";
    }
  }
  input.addEventListener("change", () => {
    read(input.files?.[0]);
    input.value = "";
  });
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("live-over");
  });
  for (const end of ["dragleave", "drop"]) {
    target.addEventListener(end, () => target.classList.remove("live-over"));
  }
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    read(event.dataTransfer?.files[0]);
  });
  return { button: open, elements: [input, error, stages] };
}

const UNREADABLE =
  "this file is no picture that your browser can read; export it as PNG or JPEG, and try again";

/** Pixels of a picture; more is taken for a mistake. */
const LARGEST = 50_000_000;

/** Refuses a file that is no picture, or too large a one, before its pixels are decoded. @param {Blob} file */
async function checkSize(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = reject;
    });
  } catch (cause) {
    throw new Error(UNREADABLE, { cause });
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  if (width * height > LARGEST) {
    throw new Error(`this picture has ${width} × ${height} pixels, and 50 million are the most`);
  }
}

/**
 * A picture file as a network's pixels, with the steps on the way.
 * @param {Worker} worker which runs `reading.js`
 * @param {Blob} file
 * @returns {Promise<ReturnType<typeof import("../engine/images.js").bring>>}
 */
function brought(worker, file) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      const { brought, error } = /** @type {import("./reading.js").Answer} */ (data);
      if (brought) resolve(brought);
      else reject(new Error(error));
    };
    worker.onerror = () => reject(new Error("what reads a picture cannot be downloaded: try again"));
    worker.postMessage(file);
  });
}
