/**
 * The filters of `scipy.ndimage` that finding ink needs, on planes of numbers.
 * @module
 */

/**
 * A plane of values, row by row.
 * @typedef {{ values: Float32Array, width: number, height: number }} Plane
 */

/** @param {number} width @param {number} height @returns {Plane} */
export function plane(width, height, value = 0) {
  return { values: new Float32Array(width * height).fill(value), width, height };
}

/** Each value through a function. @param {Plane} p @param {(v: number, i: number) => number} f */
export function mapped({ values, width, height }, f) {
  return { values: values.map(f), width, height };
}

/** The part of a plane in a box. @param {Plane} p @param {Box} box @returns {Plane} */
export function cropped({ values, width }, { top, bottom, left, right }) {
  const part = plane(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    part.values.set(values.subarray(y * width + left, y * width + right), (y - top) * part.width);
  }
  return part;
}

/** The place in a line of `n` that a place beyond its ends mirrors. @param {number} i @param {number} n */
function mirror(i, n) {
  const k = ((i % (2 * n)) + 2 * n) % (2 * n);
  return k < n ? k : 2 * n - 1 - k;
}

/**
 * Along each row (or column), the largest (or, by `sign` -1, smallest) of `size` values from
 * `before` values before a place on.
 * @param {Plane} p @param {number} size @param {boolean} down @param {number} sign
 * @param {number} [before]
 * @returns {Plane}
 */
export function extreme(p, size, down, sign, before = Math.floor(size / 2)) {
  const { width, height, values } = p;
  const result = plane(width, height);
  const [lines, n, step, next] = down ? [width, height, width, 1] : [height, width, 1, width];
  const long = n + size - 1;
  const line = new Float32Array(long);
  const queue = new Int32Array(long);
  for (let k = 0; k < lines; k++) {
    for (let i = 0; i < long; i++) line[i] = sign * values[k * next + mirror(i - before, n) * step];
    let [head, tail] = [0, 0];
    for (let i = 0; i < long; i++) {
      while (tail > head && line[queue[tail - 1]] <= line[i]) tail--;
      queue[tail++] = i;
      if (queue[head] <= i - size) head++;
      if (i >= size - 1) result.values[k * next + (i - size + 1) * step] = sign * line[queue[head]];
    }
  }
  return result;
}

/** The largest of size x size values around each. @param {Plane} p @param {number} size */
export function maximum(p, size) {
  return extreme(extreme(p, size, false, 1), size, true, 1);
}

/** What is left of bright runs of `length` along a direction. @param {Plane} p @param {number} length @param {boolean} down */
export function opened(p, length, down) {
  const thin = extreme(p, length, down, -1);
  return extreme(thin, length, down, 1, length - 1 - Math.floor(length / 2));
}

/** Closes dark holes narrower than size x size. @param {Plane} p @param {number} size */
export function closed(p, size) {
  const back = size - 1 - Math.floor(size / 2);
  const wide = extreme(extreme(p, size, false, 1, back), size, true, 1, back);
  return extreme(extreme(wide, size, false, -1), size, true, -1);
}

/** Pairs to be put in order, one after the other, until the fifth of nine is their median. */
const MEDIAN_OF_9 = [
  [1, 2],
  [4, 5],
  [7, 8],
  [0, 1],
  [3, 4],
  [6, 7],
  [1, 2],
  [4, 5],
  [7, 8],
  [0, 3],
  [5, 8],
  [4, 7],
  [3, 6],
  [1, 4],
  [2, 5],
  [4, 7],
  [4, 2],
  [6, 4],
  [4, 2],
].flat();

/** The median of 3x3 values around each. @param {Plane} p @returns {Plane} */
export function median3({ values, width, height }) {
  const result = plane(width, height);
  const nine = new Float32Array(9);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let k = 0;
      for (let dy = -1; dy < 2; dy++) {
        const row = mirror(y + dy, height) * width;
        for (let dx = -1; dx < 2; dx++) nine[k++] = values[row + mirror(x + dx, width)];
      }
      for (let i = 0; i < MEDIAN_OF_9.length; i += 2) {
        const [a, b] = [nine[MEDIAN_OF_9[i]], nine[MEDIAN_OF_9[i + 1]]];
        if (a > b) {
          nine[MEDIAN_OF_9[i]] = b;
          nine[MEDIAN_OF_9[i + 1]] = a;
        }
      }
      result.values[y * width + x] = nine[4];
    }
  }
  return result;
}

/** The middle of numbers. @param {ArrayLike<number>} values */
export function median(values) {
  return quantile(values, 0.5);
}

/** @param {ArrayLike<number>} values @param {number} q */
export function quantile(values, q) {
  const sorted = Float32Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** The farthest that a place in a mask is from what is outside. @param {Plane} p */
export function deepest({ values, width, height }) {
  const far = width + height;
  const down = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    for (let y = 0, run = far; y < height; y++) {
      run = values[y * width + x] ? run + 1 : 0;
      down[y * width + x] = run;
    }
    for (let y = height - 1, run = far; y >= 0; y--) {
      run = values[y * width + x] ? run + 1 : 0;
      down[y * width + x] = Math.min(down[y * width + x], run);
    }
  }
  let most = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let least = down[y * width + x] ** 2;
      if (least <= most) continue;
      for (let d = 1; d * d < least; d++) {
        for (const at of [x - d, x + d]) {
          if (at >= 0 && at < width) least = Math.min(least, d * d + down[y * width + at] ** 2);
        }
      }
      most = Math.max(most, least);
    }
  }
  return Math.sqrt(most);
}

/**
 * Rows top..bottom - 1 and columns left..right - 1.
 * @typedef {{ top: number, bottom: number, left: number, right: number }} Box
 */

/**
 * Connected parts of a mask, corners connecting, numbered from 1, and their boxes.
 * @param {Plane} mask
 * @returns {{ labels: Int32Array, boxes: Box[] }}
 */
export function connected({ values, width, height }) {
  const labels = new Int32Array(values.length);
  /** @type {Box[]} */
  const boxes = [];
  const stack = new Int32Array(values.length);
  for (let start = 0; start < values.length; start++) {
    if (!values[start] || labels[start]) continue;
    const box = { top: height, bottom: 0, left: width, right: 0 };
    let depth = 0;
    stack[depth++] = start;
    labels[start] = boxes.push(box);
    while (depth) {
      const at = stack[--depth];
      const [y, x] = [Math.floor(at / width), at % width];
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      for (let v = Math.max(0, y - 1); v < Math.min(height, y + 2); v++) {
        for (let u = Math.max(0, x - 1); u < Math.min(width, x + 2); u++) {
          const other = v * width + u;
          if (values[other] && !labels[other]) {
            labels[other] = boxes.length;
            stack[depth++] = other;
          }
        }
      }
    }
  }
  return { labels, boxes };
}

/** A mask without holes: what cannot be reached from outside. @param {Plane} mask */
export function filled({ values, width, height }) {
  const result = plane(width, height, 1);
  const stack = [];
  for (let i = 0; i < values.length; i++) {
    const [y, x] = [Math.floor(i / width), i % width];
    if (!values[i] && (y === 0 || x === 0 || y === height - 1 || x === width - 1)) stack.push(i);
  }
  while (stack.length) {
    const at = /** @type {number} */ (stack.pop());
    if (values[at] || !result.values[at]) continue;
    result.values[at] = 0;
    const x = at % width;
    if (x > 0) stack.push(at - 1);
    if (x < width - 1) stack.push(at + 1);
    if (at >= width) stack.push(at - width);
    if (at < values.length - width) stack.push(at + width);
  }
  return result;
}
