// Samples points in the plane as `docs/two-dimensions.md` does, for `test_engine_points.py`.

import { between, exactEps, pointNoise } from "../../docs/live/engine/points.js";
import { SAMPLERS, sample } from "../../docs/live/engine/sampling.js";
import { NoiseSchedule } from "../../docs/live/engine/schedule.js";
import { strided } from "../../docs/live/engine/timesteps.js";
import { DATA } from "../../docs/live/ui/datasets.js";

const schedule = NoiseSchedule.cosine(1000);
const data = DATA.labels();
const own = data.filter(({ label }) => label === 0);
const [all, one] = [data, own].map((points) => exactEps(points, schedule, 0.05));
const places = { values: Float32Array.of(0.3, -0.4, 2, 1, -1.5, 0.2), shape: [3, 1, 1, 2] };

async function ends(eps, sampler, steps) {
  const noise = pointNoise(64, 7);
  const parts = { noise, step: SAMPLERS[sampler] };
  let last;
  for await (const { x } of sample(eps, noise(), strided(1000, steps), schedule, parts)) last = x;
  return [...last.values];
}

console.log(
  JSON.stringify({
    data: data.map(({ x, y }) => [x, y]),
    labels: data.map(({ label }) => label),
    alphaBar: schedule.alphaBar[300],
    places: [...places.values],
    eps: [...(await all(places, 300)).values],
    ddim: await ends(all, "ddim", 200),
    heun: await ends(all, "heun", 200),
    ancestral: await ends(all, "ancestral", 200),
    once: await ends(all, "ddim", 1),
    guided: await ends(between(one, all, 3), "ddim", 50),
  }),
);
