// Brings the pictures of a folder to 28x28 pixels: `node bring.js FOLDER`. Python wrote them as
// bytes, with their names and sizes in `pictures.json`; what comes of them goes to `answers.json`.

import { readFileSync, writeFileSync } from "node:fs";

import { bring } from "../../docs/live/engine/images.js";

const [folder] = process.argv.slice(2);
const answers = JSON.parse(readFileSync(`${folder}/pictures.json`, "utf-8")).map(
  ({ name, file, width, height }) => {
    const values = Float32Array.from(readFileSync(`${folder}/${file}`), (byte) => byte / 255);
    const { image, steps } = bring({ values, width, height });
    return { name, image: [...image], steps: steps.map((step) => step.name) };
  },
);
writeFileSync(`${folder}/answers.json`, JSON.stringify(answers));
