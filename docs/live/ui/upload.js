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

  /** @param {File | undefined} file */
  async function read(file) {
    if (!file) return;
    error.hidden = true;
    try {
      const [{ readImage }, { bring }] = await Promise.all([
        import("../engine/reader.js"),
        import("../engine/images.js"),
      ]);
      const { image, steps } = bring(readImage(await coloursOf(file)));
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
      error.replaceChildren(
        sentence(reason),
        " ",
        button("Choose another", () => input.click()),
      );
      error.hidden = false;
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

/** Pixels of a picture; more is taken for a mistake. */
const LARGEST = 50_000_000;

/**
 * The colours of a picture file, upright.
 * @param {Blob} file
 * @returns {Promise<import("../engine/reader.js").Colours>}
 */
async function coloursOf(file) {
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (cause) {
    throw new Error("this file is no picture that your browser can read", { cause });
  }
  const { width, height } = bitmap;
  if (width * height > LARGEST) {
    throw new Error(`this picture has ${width} × ${height} pixels, and 50 million are the most`);
  }
  const context = el("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser cannot read the pixels of a picture");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}
