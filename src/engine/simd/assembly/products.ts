/**
 * Products of float32 matrices, compiled from AssemblyScript by scripts/buildSimd.mjs.
 *
 * Blocks of A and B are copied into panels as the innermost loop reads them (as in "Anatomy of High-Performance Matrix
 * Multiplication", doi:10.1145/1356052.1356053), which also makes transposed matrices cost nothing. Strides are in bytes.
 */

/** A tile of the result: with two vectors of B and one of A it fills the 16 registers of x64. */
const TILE_ROWS: i32 = 6;
const TILE_COLUMNS: i32 = 8;
/** A block of B has at most this depth and these columns (512 KB), a block of A these rows (120 KB). */
const BLOCK_DEPTH: i32 = 256;
const BLOCK_COLUMNS: i32 = 512;
const BLOCK_ROWS: i32 = 120;

/** Bytes that `multiply` needs at `scratch`. */
export function scratchBytes(): i32 {
  return 4 * (BLOCK_DEPTH * (BLOCK_COLUMNS + BLOCK_ROWS) + TILE_ROWS * TILE_COLUMNS);
}

/** C = A·B; A [m,k] and B [k,n] with any strides, C [m,n] dense. m, n and k are 1 or more. */
export function multiply(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aColumn: i32,
  bRow: i32,
  bColumn: i32,
  scratch: usize,
): void {
  const blockB = scratch;
  const blockA = blockB + 4 * BLOCK_DEPTH * BLOCK_COLUMNS;
  const corner = blockA + 4 * BLOCK_DEPTH * BLOCK_ROWS;
  for (let column = 0; column < n; column += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, n - column);
    for (let step = 0; step < k; step += BLOCK_DEPTH) {
      const depth = min(BLOCK_DEPTH, k - step);
      packColumns(b + step * bRow + column * bColumn, blockB, depth, columns, bRow, bColumn);
      for (let row = 0; row < m; row += BLOCK_ROWS) {
        const rows = min(BLOCK_ROWS, m - row);
        packRows(a + row * aRow + step * aColumn, blockA, rows, depth, aRow, aColumn);
        multiplyBlocks(blockA, blockB, c + 4 * (row * n + column), rows, columns, depth, 4 * n, step > 0, corner);
      }
    }
  }
}

function multiplyBlocks(
  blockA: usize,
  blockB: usize,
  c: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  cRow: i32,
  adds: bool,
  corner: usize,
): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    const panelB = blockB + 4 * j * depth;
    const width = min(TILE_COLUMNS, columns - j);
    for (let i = 0; i < rows; i += TILE_ROWS) {
      const panelA = blockA + 4 * i * depth;
      const height = min(TILE_ROWS, rows - i);
      const at = c + i * cRow + 4 * j;
      if (height == TILE_ROWS && width == TILE_COLUMNS) {
        multiplyPanels(panelA, panelB, at, depth, cRow, adds);
      } else {
        multiplyPanels(panelA, panelB, corner, depth, 4 * TILE_COLUMNS, false);
        putCorner(corner, at, height, width, cRow, adds);
      }
    }
  }
}

/** A block of A as panels of six rows, each [depth,6]; rows that are not there are zeros. */
function packRows(from: usize, to: usize, rows: i32, depth: i32, row: i32, column: i32): void {
  for (let i = 0; i < rows; i += TILE_ROWS) {
    const count = min(TILE_ROWS, rows - i);
    let at = from + i * row;
    for (let k = 0; k < depth; k++) {
      if (count == TILE_ROWS) {
        store<f32>(to, load<f32>(at), 0);
        store<f32>(to, load<f32>(at + row), 4);
        store<f32>(to, load<f32>(at + 2 * row), 8);
        store<f32>(to, load<f32>(at + 3 * row), 12);
        store<f32>(to, load<f32>(at + 4 * row), 16);
        store<f32>(to, load<f32>(at + 5 * row), 20);
      } else {
        for (let r = 0; r < TILE_ROWS; r++) {
          store<f32>(to + 4 * r, r < count ? load<f32>(at + r * row) : 0);
        }
      }
      at += column;
      to += 4 * TILE_ROWS;
    }
  }
}

/** A block of B as panels of eight columns, each [depth,8]; columns that are not there are zeros. */
function packColumns(from: usize, to: usize, depth: i32, columns: i32, row: i32, column: i32): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    const count = min(TILE_COLUMNS, columns - j);
    let at = from + j * column;
    let k = 0;
    if (count == TILE_COLUMNS && column == 4) {
      for (; k < depth; k++) {
        v128.store(to, v128.load(at));
        v128.store(to, v128.load(at, 16), 16);
        at += row;
        to += 4 * TILE_COLUMNS;
      }
    } else if (count == TILE_COLUMNS && row == 4) {
      for (; k + 4 <= depth; k += 4) {
        packTransposed(at, to, column);
        packTransposed(at + 4 * column, to + 16, column);
        at += 16;
        to += 16 * TILE_COLUMNS;
      }
    }
    for (; k < depth; k++) {
      for (let i = 0; i < TILE_COLUMNS; i++) {
        store<f32>(to + 4 * i, i < count ? load<f32>(at + i * column) : 0);
      }
      at += row;
      to += 4 * TILE_COLUMNS;
    }
  }
}

/** Four columns of four values that lie side by side, as four rows of a panel. */
// @ts-ignore: decorator
@inline
function packTransposed(from: usize, to: usize, column: i32): void {
  const x = v128.load(from);
  const y = v128.load(from + column);
  const z = v128.load(from + 2 * column);
  const w = v128.load(from + 3 * column);
  const xyLow = v128.shuffle<f32>(x, y, 0, 4, 1, 5);
  const xyHigh = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
  const zwLow = v128.shuffle<f32>(z, w, 0, 4, 1, 5);
  const zwHigh = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(xyLow, zwLow, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(xyLow, zwLow, 2, 3, 6, 7), 4 * TILE_COLUMNS);
  v128.store(to, v128.shuffle<f32>(xyHigh, zwHigh, 0, 1, 4, 5), 8 * TILE_COLUMNS);
  v128.store(to, v128.shuffle<f32>(xyHigh, zwHigh, 2, 3, 6, 7), 12 * TILE_COLUMNS);
}

/** A tile [6,8] of C, set or added to: a panel of A times a panel of B. */
function multiplyPanels(a: usize, b: usize, c: usize, depth: i32, cRow: i32, adds: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
  let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  const end = b + 4 * TILE_COLUMNS * depth;
  while (b < end) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = multiplyAdd(x, left, c00);
    c01 = multiplyAdd(x, right, c01);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, left, c10);
    c11 = multiplyAdd(x, right, c11);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, left, c20);
    c21 = multiplyAdd(x, right, c21);
    x = v128.load32_splat(a, 12);
    c30 = multiplyAdd(x, left, c30);
    c31 = multiplyAdd(x, right, c31);
    x = v128.load32_splat(a, 16);
    c40 = multiplyAdd(x, left, c40);
    c41 = multiplyAdd(x, right, c41);
    x = v128.load32_splat(a, 20);
    c50 = multiplyAdd(x, left, c50);
    c51 = multiplyAdd(x, right, c51);
    a += 4 * TILE_ROWS;
    b += 4 * TILE_COLUMNS;
  }
  putRow(c, c00, c01, adds);
  putRow(c + cRow, c10, c11, adds);
  putRow(c + 2 * cRow, c20, c21, adds);
  putRow(c + 3 * cRow, c30, c31, adds);
  putRow(c + 4 * cRow, c40, c41, adds);
  putRow(c + 5 * cRow, c50, c51, adds);
}

// @ts-ignore: decorator
@inline
function putRow(to: usize, left: v128, right: v128, adds: bool): void {
  v128.store(to, adds ? f32x4.add(left, v128.load(to)) : left);
  v128.store(to, adds ? f32x4.add(right, v128.load(to, 16)) : right, 16);
}

/** What of a tile [6,8] lies inside of C. */
function putCorner(tile: usize, to: usize, rows: i32, columns: i32, cRow: i32, adds: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = to + i * cRow + 4 * j;
      const value = load<f32>(tile + 4 * (i * TILE_COLUMNS + j));
      store<f32>(at, adds ? load<f32>(at) + value : value);
    }
  }
}

/**
 * C = A·Bᵀ for few rows, where copying B would take longer than the product: A [m,k], B [n,k] and C [m,n] are dense, k is a
 * multiple of 4 and n at least 4. Two rows by four columns at a time; at the edges some are computed twice.
 */
export function multiplyFewRows(a: usize, b: usize, c: usize, m: i32, n: i32, k: i32): void {
  const length = 4 * k;
  for (let next = 0; next < n; next += 4) {
    const column = min(next, n - 4);
    for (let row = 0; row < m; row += 2) {
      const second = min(row + 1, m - 1);
      let x = a + row * length;
      let y = a + second * length;
      let q0 = b + column * length;
      let q1 = q0 + length;
      let q2 = q1 + length;
      let q3 = q2 + length;
      const zero = f32x4.splat(0);
      let x0 = zero, x1 = zero, x2 = zero, x3 = zero;
      let y0 = zero, y1 = zero, y2 = zero, y3 = zero;
      for (let step = 0; step < k; step += 4) {
        const left = v128.load(x);
        const right = v128.load(y);
        let w = v128.load(q0);
        x0 = multiplyAdd(left, w, x0);
        y0 = multiplyAdd(right, w, y0);
        w = v128.load(q1);
        x1 = multiplyAdd(left, w, x1);
        y1 = multiplyAdd(right, w, y1);
        w = v128.load(q2);
        x2 = multiplyAdd(left, w, x2);
        y2 = multiplyAdd(right, w, y2);
        w = v128.load(q3);
        x3 = multiplyAdd(left, w, x3);
        y3 = multiplyAdd(right, w, y3);
        x += 16;
        y += 16;
        q0 += 16;
        q1 += 16;
        q2 += 16;
        q3 += 16;
      }
      v128.store(c + 4 * (row * n + column), sums(x0, x1, x2, x3));
      v128.store(c + 4 * (second * n + column), sums(y0, y1, y2, y3));
    }
  }
}

/** The sums of four vectors, as one. */
function sums(x: v128, y: v128, z: v128, w: v128): v128 {
  const xy = f32x4.add(v128.shuffle<f32>(x, y, 0, 4, 1, 5), v128.shuffle<f32>(x, y, 2, 6, 3, 7));
  const zw = f32x4.add(v128.shuffle<f32>(z, w, 0, 4, 1, 5), v128.shuffle<f32>(z, w, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(xy, zw, 0, 1, 4, 5), v128.shuffle<f32>(xy, zw, 2, 3, 6, 7));
}

/** x·y + z, in one rounding where the build has `IS_FUSED` and the processor can. */
// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, z: v128): v128 {
  // @ts-ignore: given to the compiler
  return IS_FUSED ? f32x4.relaxed_madd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
}
