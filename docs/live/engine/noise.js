/**
 * Standard normal noise that depends on an image's own seed alone, as in `ddpm/noise.py`.
 *
 * The numbers are those of torch's generator on a CPU: the Mersenne Twister mt19937, 24 of its
 * bits for a uniform number, and the method of Box and Muller in blocks of sixteen.
 * @module
 */

import * as check from "./arguments.js";
import { count } from "./tensors.js";

/** How many seeds there are: the generator uses the low 32 bits of its seed. */
export const SEEDS = 2 ** 32;

/** Images of one seed. Number k of seed s has a generator seeded with s * PER_SEED + k. */
export const PER_SEED = 1_000_000;

/** Kinds of noise that one image can have, one for each purpose. */
export const STREAMS = 16;

/** The largest seed. */
export const LAST_SEED = Math.floor(SEEDS / PER_SEED) - 1;

const { fround } = Math;
const SIZE = 624;
const TWO_PI = fround(2 * fround(Math.PI));

/** The Mersenne Twister (Matsumoto and Nishimura 1998), seeded as torch's CPU generator. */
export class Generator {
  /** @param {number} seed within 0..2^32 - 1 */
  constructor(seed) {
    this.state = new Uint32Array(SIZE);
    this.at = SIZE;
    this.state[0] = check.integer("seed", seed, 0, SEEDS - 1);
    for (let i = 1; i < SIZE; i++) {
      const before = this.state[i - 1];
      this.state[i] = Math.imul(before ^ (before >>> 30), 1812433253) + i;
    }
  }

  /** The next 32 random bits, as a whole number from 0. */
  random() {
    if (this.at === SIZE) this.#twist();
    let y = this.state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A uniform float32 number in [0, 1), a multiple of 2^-24. */
  uniform() {
    return (this.random() & 0xffffff) / 0x1000000;
  }

  /**
   * `size` standard normal numbers; 16 or more, since torch draws fewer in another way.
   * @param {number} size
   */
  normal(size) {
    check.integer("size", size, 16);
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) values[i] = this.uniform();
    for (let i = 0; i + 16 <= size; i += 16) boxMuller(values.subarray(i, i + 16));
    if (size % 16 > 0) {
      // The last sixteen are drawn again, also those that were normal already.
      const last = values.subarray(size - 16);
      for (let i = 0; i < 16; i++) last[i] = this.uniform();
      boxMuller(last);
    }
    return values;
  }

  /**
   * The numbers 0..size - 1 in a random order, as `torch.randperm` gives them.
   * @param {number} size
   */
  permutation(size) {
    const order = Array.from({ length: size }, (_, i) => i);
    for (let i = 0; i < size - 1; i++) {
      const k = i + (this.random() % (size - i));
      [order[i], order[k]] = [order[k], order[i]];
    }
    return order;
  }

  #twist() {
    const { state } = this;
    for (let i = 0; i < SIZE; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + 397) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }
}

/**
 * Sixteen uniform numbers become normal: eight radii and eight angles.
 * @param {Float32Array} block
 */
function boxMuller(block) {
  for (let j = 0; j < 8; j++) {
    const radius = fround(Math.sqrt(-2 * fround(Math.log(1 - block[j]))));
    const theta = fround(TWO_PI * block[j + 8]);
    block[j] = radius * fround(Math.cos(theta));
    block[j + 8] = radius * fround(Math.sin(theta));
  }
}

/**
 * The seeds of the generators of images number first, first + 1, ... of a seed.
 *
 * Stream k is stream 0 moved by k / STREAMS of all generator seeds, around their end.
 * @param {number} images how many
 * @param {number} [seed] 0..4293
 * @param {number} [first] number of the first image; all are within 0..PER_SEED - 1
 * @param {number} [stream] 0..STREAMS - 1
 */
export function imageSeeds(images, seed = 0, first = 0, stream = 0) {
  check.integer("count", images, 0);
  check.integer("first", first, 0, PER_SEED - images);
  check.integer("seed", seed, 0, LAST_SEED);
  check.integer("stream", stream, 0, STREAMS - 1);
  const start = seed * PER_SEED + first + stream * (SEEDS / STREAMS);
  return Array.from({ length: images }, (_, k) => (start + k) % SEEDS);
}

/**
 * Standard normal noise with a generator of its own for each image: each call draws the next.
 * @param {number[]} seeds one per image
 * @param {[channels: number, height: number, width: number]} shape of one image
 * @returns {() => import("./tensors.js").Images}
 */
export function noise(seeds, shape) {
  const generators = seeds.map((seed) => new Generator(seed));
  const size = count(shape);
  return () => {
    const values = new Float32Array(seeds.length * size);
    generators.forEach((generator, k) => values.set(generator.normal(size), k * size));
    return { values, shape: [seeds.length, ...shape] };
  };
}
