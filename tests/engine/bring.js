// Brings the pictures of a folder to 28x28 pixels: `node bring.js FOLDER`. Python wrote them as
// bytes, with their names and sizes in `pictures.json`; what comes of them goes to `answers.json`.
// A picture in colour has four bytes a pixel, and is only made grey.

import { readFileSync, writeFileSync } from "node:fs";

import { bring } from "../../docs/live/engine/images.js";
import { readImage } from "../../docs/live/engine/reader.js";

const [folder] = process.argv.slice(2);
const answers = JSON.parse(readFileSync(`${folder}/pictures.json`, "utf-8")).map(
  ({ name, file, width, height, colours }) => {
    const data = readFileSync(`${folder}/${file}`);
    if (colours) {
      const { values } = readImage({ data, width, height });
      return { name, grey: [...values] };
    }
    const values = Float32Array.from(data, (byte) => byte / 255);
    const { image, steps } = bring({ values, width, height });
    return { name, image: [...image], steps: steps.map((step) => step.name) };
  },
);
writeFileSync(`${folder}/answers.json`, JSON.stringify(answers));
