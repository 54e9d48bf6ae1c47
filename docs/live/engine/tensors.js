/**
 * Images as flat arrays, and the arithmetic that samplers need.
 *
 * Every product and sum is rounded to float32, one after the other, as torch does it: near t = T
 * the predicted clean image is a small difference over a small number, so each rounding shows.
 * @module
 */

/**
 * Images (N, C, H, W), row by row.
 * @typedef {[n: number, channels: number, height: number, width: number]} Shape
 * @typedef {{ readonly values: Float32Array, readonly shape: Shape }} Images
 */

const { fround } = Math;

/** Images of one value. @param {Shape} shape @param {number} [value] @returns {Images} */
export function full(shape, value = 0) {
  return { values: new Float32Array(count(shape)).fill(value), shape };
}

/** How many values a shape has. @param {number[]} shape */
export function count(shape) {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * The weighted sum a x + b y + ... of images of one shape.
 * @param {...[weight: number, images: Images]} terms
 * @returns {Images}
 * @throws {RangeError} the images have different shapes.
 */
export function combine(...terms) {
  const [[weight, first], ...others] = terms;
  const values = new Float32Array(first.values.length);
  const a = fround(weight);
  for (let i = 0; i < values.length; i++) values[i] = a * first.values[i];
  for (const [factor, other] of others) {
    same("images", other, first);
    const b = fround(factor);
    for (let i = 0; i < values.length; i++) values[i] += fround(b * other.values[i]);
  }
  return { values, shape: first.shape };
}

/**
 * Each value through a function.
 * @param {Images} x
 * @param {(v: number) => number} f
 * @returns {Images}
 */
export function map(x, f) {
  return { values: x.values.map(f), shape: x.shape };
}

/**
 * Images if they have the shape of others.
 * @param {string} name @param {Images} x @param {Images} like
 * @returns {Images}
 */
export function same(name, x, like) {
  if (x.shape.some((side, i) => side !== like.shape[i]) || x.values.length !== like.values.length) {
    throw new RangeError(`${name} must be (${like.shape}), not (${x.shape})`);
  }
  return x;
}

/** One batch after the other. @param {...Images} parts @returns {Images} */
export function cat(...parts) {
  const [, ...rest] = parts[0].shape;
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, shape: [values.length / count(rest), ...rest] };
}

/**
 * Images number start..end - 1 of a batch.
 * @param {Images} x
 * @param {number} start
 * @param {number} end
 * @returns {Images}
 */
export function slice(x, start, end) {
  const [, ...rest] = x.shape;
  const size = count(rest);
  return { values: x.values.slice(start * size, end * size), shape: [end - start, ...rest] };
}

/**
 * Images of another size, each pixel taken from somewhere.
 * @param {Images} x
 * @param {number} height @param {number} width
 * @param {(row: number, column: number) => [row: number, column: number]} from
 * @returns {Images}
 */
export function rearrange(x, height, width, from) {
  const [n, channels, rows, columns] = x.shape;
  const source = new Int32Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [row, column] = from(i, j);
      source[i * width + j] = row * columns + column;
    }
  }
  const result = full([n, channels, height, width]);
  for (let plane = 0; plane < n * channels; plane++) {
    const to = plane * source.length;
    const start = plane * rows * columns;
    for (let k = 0; k < source.length; k++) result.values[to + k] = x.values[start + source[k]];
  }
  return result;
}

/**
 * The averages of squares of across x across pixels.
 * @param {Images} x
 * @param {number} across
 * @returns {Images}
 */
export function average(x, across) {
  const [n, channels, height, width] = x.shape;
  const [h, w] = [height / across, width / across];
  const result = full([n, channels, h, w]);
  for (let at = 0; at < result.values.length; at++) {
    const [row, column] = [Math.floor(at / w), at % w];
    let sum = 0;
    for (let i = 0; i < across; i++) {
      for (let j = 0; j < across; j++) {
        sum += x.values[(row * across + i) * width + column * across + j];
      }
    }
    result.values[at] = sum / across ** 2;
  }
  return result;
}

/**
 * Each pixel as across x across pixels.
 * @param {Images} x
 * @param {number} across
 * @returns {Images}
 */
export function spread(x, across) {
  const [, , h, w] = x.shape;
  return rearrange(x, h * across, w * across, (i, j) => [
    Math.floor(i / across),
    Math.floor(j / across),
  ]);
}

/**
 * A canvas (N, C, a H, a W) as its tiles (N a a, C, H, W).
 * @param {Images} x
 * @param {number} across
 * @returns {Images}
 */
export function tiles(x, across) {
  const [n, channels, height, width] = x.shape;
  const [h, w] = [height / across, width / across];
  const result = full([n * across ** 2, channels, h, w]);
  const places = tilePlaces(result.shape, across);
  for (let at = 0; at < result.values.length; at++) result.values[at] = x.values[places(at)];
  return result;
}

/** The inverse of `tiles`. @param {Images} x @param {number} across @returns {Images} */
export function joined(x, across) {
  const [n, channels, h, w] = x.shape;
  const result = full([n / across ** 2, channels, h * across, w * across]);
  const places = tilePlaces(x.shape, across);
  for (let at = 0; at < x.values.length; at++) result.values[places(at)] = x.values[at];
  return result;
}

/**
 * Where on the canvas a value of the tiles lies.
 * @param {Shape} shape of the tiles
 * @param {number} across
 */
function tilePlaces([, channels, h, w], across) {
  /** @type {(at: number) => number} */
  return (at) => {
    const [j, i] = [at % w, Math.floor(at / w) % h];
    const channel = Math.floor(at / (w * h)) % channels;
    const tile = Math.floor(at / (w * h * channels));
    const [column, row] = [tile % across, Math.floor(tile / across) % across];
    const plane = Math.floor(tile / across ** 2) * channels + channel;
    return (plane * across * h + row * h + i) * across * w + column * w + j;
  };
}
