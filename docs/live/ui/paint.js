/**
 * Grey pixels in [0, 1] on a canvas, as sharp squares: one image or a sheet of several.
 * @module
 */

/**
 * Images side by side: of `n`, each `height` x `width`.
 * @typedef {{ images: ArrayLike<number>, n: number, height: number, width: number }} Sheet
 */

/** Grey between the images of a sheet, as in the site's figures. */
const GAP = 128;

/** How many columns a sheet has. @param {number} n */
export function columnsOf(n) {
  return n <= 4 ? Math.min(n, 2) : 5;
}

/**
 * One byte of grey for each pixel of a sheet, with a line of one pixel between images.
 * @param {Sheet} sheet @param {number} [columns]
 */
export function bytesOf({ images, n, height, width }, columns = columnsOf(n)) {
  const rows = Math.ceil(n / columns);
  const [across, down] = [columns * (width + 1) - 1, rows * (height + 1) - 1];
  const bytes = new Uint8ClampedArray(across * down).fill(n > 1 ? GAP : 0);
  for (let k = 0; k < n; k++) {
    const [top, left] = [Math.floor(k / columns) * (height + 1), (k % columns) * (width + 1)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = images[(k * height + y) * width + x];
        bytes[(top + y) * across + left + x] = Math.round(value * 255);
      }
    }
  }
  return { bytes, width: across, height: down };
}

/**
 * Shows a sheet on a canvas, one pixel of the canvas for each of the sheet's.
 * @param {HTMLCanvasElement} canvas @param {Sheet} sheet @param {number} [columns]
 */
export function paint(canvas, sheet, columns) {
  const { bytes, width, height } = bytesOf(sheet, columns);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const data = new ImageData(width, height);
  for (let i = 0; i < bytes.length; i++) {
    data.data.fill(bytes[i], 4 * i, 4 * i + 3);
    data.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(data, 0, 0);
}

/**
 * A sheet without anything on it.
 * @param {number} n @param {number} [side]
 * @returns {Sheet}
 */
export function empty(n, side = 28) {
  return { images: new Float32Array(n * side * side), n, height: side, width: side };
}
