/**
 * The worker that brings a picture file to a network's pixels, so that the page never waits for it.
 * @module
 */

import { bring } from "../engine/images.js";
import { wideGrey } from "../engine/png.js";
import { readImage } from "../engine/reader.js";

/** How the worker answers. @typedef {{ brought?: ReturnType<typeof bring>, error?: string }} Answer */

self.onmessage = async ({ data: file }) => {
  /** @type {Answer} */
  const answer = {};
  try {
    answer.brought = bring(readImage(await coloursOf(file)));
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  self.postMessage(answer);
};

/**
 * The colours of a picture file, upright, as they are stored: no profile is applied.
 * @param {Blob} file
 * @returns {Promise<import("../engine/reader.js").Colours>}
 */
async function coloursOf(file) {
  const grey = await wideGrey(file);
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch((cause) => {
    throw new Error("this picture is damaged, or too large for this browser", { cause });
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser cannot read the pixels of a picture");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const colours = context.getImageData(0, 0, width, height);
  grey?.forEach((level, i) => colours.data.fill(level, 4 * i, 4 * i + 3));
  return colours;
}
