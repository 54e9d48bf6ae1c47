// Runs the engine on the cases of a file that Python wrote, and writes what comes of them to
// another: `node run.js CASES ANSWERS`. Its network is the formula of `test_engine.py`.

import { readFileSync, writeFileSync } from "node:fs";

import * as engine from "../../docs/live/engine/index.js";
import { Generator, imageSeeds, noise } from "../../docs/live/engine/noise.js";
import * as timesteps from "../../docs/live/engine/timesteps.js";
import { gaussian, moving } from "../../docs/live/engine/hybrids.js";
import { checkView } from "../../docs/live/engine/views.js";

const { fround } = Math;

/** The same numbers as `Formula` in Python, each rounded to float32. */
function formula(x, t, labels) {
  const [n, ...rest] = x.shape;
  const size = rest.reduce((a, b) => a * b);
  const scale = fround(fround(0.4) - fround(fround(0.0003) * t));
  const values = new Float32Array(x.values.length);
  for (let i = 0; i < n * size; i++) {
    const label = labels ? labels[Math.floor(i / size)] : 3;
    const ramp = fround((i % size) / size);
    const shift = fround(fround(fround(0.1) * label) - 0.5);
    const own = fround(fround(x.values[i] * scale) + fround(ramp * shift));
    const opposite = (Math.floor(i / size) + 1) * size - 1 - (i % size);
    values[i] = own + fround(fround(0.1) * x.values[opposite]);
  }
  return { values, shape: x.shape };
}

const plain = ({ values, shape }) => ({ values: [...values], shape });

const ACTIONS = {
  schedule: ({ kind, args }) => {
    const { beta, alphaBar } = engine.NoiseSchedule[kind](...args);
    return { beta: [...beta], alphaBar: [...alphaBar] };
  },
  timesteps: ({ name, args }) => timesteps[name](...args),
  seeds: ({ args }) => imageSeeds(...args),
  noise: ({ seeds, shape, draws }) => {
    const draw = noise(seeds, shape);
    return Array.from({ length: draws }, () => plain(draw()));
  },
  permutation: ({ seed, size }) => new Generator(seed).permutation(size),
  blur: ({ x, sigmas, t }) => {
    const blur = sigmas.length > 1 ? moving(...sigmas, 1000) : gaussian(sigmas[0]);
    return plain(blur({ values: Float32Array.from(x.values), shape: x.shape }, t));
  },
  view: ({ name, x }) => {
    const images = { values: Float32Array.from(x.values), shape: x.shape };
    const view = engine.view(name);
    checkView(view, x.shape[2], x.shape[1]);
    return { seen: plain(view.apply(images)), back: plain(view.undo(view.apply(images))) };
  },
  command: ({ args }) => engine.commandOf(...args),
  badView: () => {
    const times = (factor) => (x) => ({ ...x, values: x.values.map((value) => factor * value) });
    checkView({ name: "twice", apply: times(2), undo: times(0.5) }, 8);
  },
  states: async ({ recipe, options }) => {
    const states = [];
    for await (const { t, x, x0 } of new engine.Diffusion(recipe, formula).states(options)) {
      states.push({ t, x: plain(x), x0: plain(x0) });
    }
    return states;
  },
  call: async ({ recipe, name, options }) => {
    const model = new engine.Diffusion(recipe, formula);
    const { images, ...rest } = await engine[name](model, options);
    return { ...rest, images: [...images] };
  },
  noisy: async ({ recipe, options, how }) => {
    const model = new engine.Diffusion(recipe, formula);
    const noisy = engine.addNoise(model, options);
    const { images } = await engine.denoise(model, { noisy, t: options.t, ...how });
    return { noisy: plain(noisy), images: [...images] };
  },
  watched: async ({ recipe }) => {
    const model = new engine.Diffusion(recipe, formula);
    const seen = [];
    const { images, states } = await engine.sample(model, {
      n: 3,
      labels: [1, 2, 3],
      steps: 2,
      batch: 2,
      states: true,
      watch: ({ t, first }) => seen.push([t, first]),
    });
    const last = states.filter(({ t }) => t === 0).flatMap(({ x }) => [...x]);
    const stop = new AbortController();
    const stopped = engine.sample(model, {
      labels: [1],
      steps: 5,
      signal: stop.signal,
      watch: ({ t }) => t < 1000 && stop.abort(new Error("enough")),
    });
    const reason = await stopped.then(() => "", (error) => error.message);
    return { seen, same: last.every((value, i) => value === images[i]), reason };
  },
};

const [cases, out] = process.argv.slice(2);
const answers = {};
const all = JSON.parse(readFileSync(cases, "utf8"));
for (const [name, { action, ...options }] of Object.entries(all)) {
  try {
    answers[name] = { value: (await ACTIONS[action](options)) ?? null };
  } catch (error) {
    answers[name] = { error: `${error.name}: ${error.message}` };
  }
}
writeFileSync(out, JSON.stringify(answers));
