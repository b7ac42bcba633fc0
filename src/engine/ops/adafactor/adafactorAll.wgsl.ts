/**
 * Adafactor kernels for a step decided on the GPU, over all parameters of a group: a table tells each row of each matrix whose
 * it is. A vector is a matrix of one row. In `control` (see `decideStep`) place 2 is the share of new squares, 3 the step's rate.
 */
import type { ReductionStyle } from '../../runtime.ts';
import { declareBindings, rowKernel } from '../wgsl.ts';

/** Numbers of a member in the table, which come after one number for each row: its member. */
export const memberWords = 8;
/** Columns of a tile, one for each invocation of a workgroup, and the rows that it sums over. */
export const tileColumns = 64;
export const tileRows = 64;
/** Numbers of a tile in the list of tiles: member, first row, first column. */
export const tileWords = 3;

/** Offsets count floats: of the matrix, of its means of rows and columns, of its sums of columns. */
const memberFunctions = `
struct Member {
  at: u32, rows: u32, columns: u32, rowAt: u32, columnAt: u32, firstRow: u32, sumsAt: u32, decays: u32
};
fn memberAt(m: u32) -> Member {
  let i = u.membersAt + ${memberWords}u * m;
  return Member(table[i], table[i + 1u], table[i + 2u], table[i + 3u],
                table[i + 4u], table[i + 5u], table[i + 6u], table[i + 7u]);
}
`;

/** Finds the member, and the place in it, of a `row` of the group. */
const findRow = `if (control[0] == 0.0) { return; }
  let member = memberAt(table[row]);
  let memberRow = row - member.firstRow;
  let start = member.at + memberRow * member.columns;`;

/** Additions in one run of `sumUp`. */
const runLength = 64;

/**
 * Sums over `i` below `count`, by name, of expressions that may use what `given` declares. Runs are summed first, so that a
 * single invocation too can sum ten thousands of values without losing digits.
 */
function sumUp(count: string, sums: Readonly<Record<string, string>>, given = ''): string {
  const each = (line: (name: string, value: string) => string): string =>
    Object.entries(sums)
      .map(([name, value]) => line(name, value))
      .join(' ');
  return `${each((name) => `var ${name} = 0.0;`)}
  for (var first = lane; first < ${count}; first += ${runLength}u * LANES) {
    ${each((name) => `var ${name}OfRun = 0.0;`)}
    for (var i = first; i < min(${count}, first + ${runLength}u * LANES); i += LANES) {
      ${given}
      ${each((name, value) => `${name}OfRun += ${value};`)}
    }
    ${each((name) => `${name} += ${name}OfRun;`)}
  }
  ${each((name) => `${name} = reduceSum(${name}, lane);`)}`;
}

/** Means of rows, and the sum of squares of each row of the parameter. */
export function rowsCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { rowMeans: 'f32', parameterSquares: 'f32' },
      reads: { gradient: 'f32', parameter: 'f32', control: 'f32', table: 'u32' },
      u32: ['rows', 'membersAt'],
      f32: ['squareEpsilon'],
    },
    `${findRow}
  ${sumUp(
    'member.columns',
    { seen: 'g * g + u.squareEpsilon', own: 'p * p' },
    'let g = gradient[start + i] * control[1]; let p = parameter[start + i];',
  )}
  if (lane == 0u) {
    let at = member.rowAt + memberRow;
    rowMeans[at] = (1.0 - control[2]) * rowMeans[at] + control[2] * seen / f32(member.columns);
    parameterSquares[row] = own;
  }`,
    memberFunctions,
  );
}

/** Sums of columns over the rows of each tile. */
export function columnSumsCode(): string {
  return tileKernel(
    { writes: { sums: 'f32' }, reads: { gradient: 'f32' }, f32: ['squareEpsilon'] },
    `let firstRow = tiles[${tileWords}u * tile + 1u];
  var sum = 0.0;
  for (var r = firstRow; r < min(firstRow + ${tileRows}u, member.rows); r++) {
    let g = gradient[member.at + r * member.columns + column] * control[1];
    sum += g * g + u.squareEpsilon;
  }
  sums[member.sumsAt + firstRow / ${tileRows}u * member.columns + column] = sum;`,
  );
}

/** Means of columns from the sums of the tiles, one above the other. */
export function columnMeansCode(): string {
  return tileKernel(
    { writes: { columnMeans: 'f32' }, reads: { sums: 'f32' }, f32: [] },
    `var sum = 0.0;
  for (var r = 0u; r < member.rows; r += ${tileRows}u) {
    sum += sums[member.sumsAt + r / ${tileRows}u * member.columns + column];
  }
  let at = member.columnAt + column;
  columnMeans[at] = (1.0 - control[2]) * columnMeans[at] + control[2] * sum / f32(member.rows);`,
  );
}

function tileKernel(
  {
    writes,
    reads,
    f32,
  }: { writes: Record<string, 'f32'>; reads: Record<string, 'f32'>; f32: readonly string[] },
  body: string,
): string {
  const declared = declareBindings({
    writes,
    reads: { ...reads, control: 'f32', table: 'u32', tiles: 'u32' },
    u32: ['tileCount', 'membersAt'],
    f32,
  });
  return `${declared}${memberFunctions}
@compute @workgroup_size(${tileColumns})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let tile = group.x + group.y * groups.x;
  if (tile >= u.tileCount || control[0] == 0.0) { return; }
  let member = memberAt(tiles[${tileWords}u * tile]);
  let column = tiles[${tileWords}u * tile + 2u] + lane;
  if (column >= member.columns) { return; }
  ${body}
}`;
}

/** The mean of each member's means of rows, into the first of its four rates. */
export function meanOfRowsCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { rates: 'vec4<f32>' },
      reads: { rowMeans: 'f32', table: 'u32' },
      u32: ['rows', 'membersAt'],
    },
    `let member = memberAt(row);
  ${sumUp('member.rows', { sum: 'rowMeans[member.rowAt + i]' })}
  if (lane == 0u) { rates[row] = vec4<f32>(sum / f32(member.rows), 0.0, 0.0, 0.0); }`,
    memberFunctions,
  );
}

/**
 * The direction of a row: the gradient over the root of its squares as they are estimated from the means. The mean of a
 * single row is the mean of rows, whatever it is: of vectors no checkpoint has it, and x / x need not be 1 on every GPU.
 */
const direction = `let rowShare = rowMeans[member.rowAt + memberRow] / rates[table[row]].x;
  let rowFactor = select(inverseSqrt(rowShare), 1.0, member.rows == 1u);`;
const directionAt =
  'gradient[start + i] * control[1] * (rowFactor * inverseSqrt(columnMeans[member.columnAt + i]))';

/** The sum of squares of each row of the direction. */
export function directionCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { directionSquares: 'f32' },
      reads: {
        gradient: 'f32',
        rowMeans: 'f32',
        columnMeans: 'f32',
        rates: 'vec4<f32>',
        control: 'f32',
        table: 'u32',
      },
      u32: ['rows', 'membersAt'],
    },
    `${findRow}
  ${direction}
  ${sumUp('member.columns', { sum: 'd * d' }, `let d = ${directionAt};`)}
  if (lane == 0u) { directionSquares[row] = sum; }`,
    memberFunctions,
  );
}

/** Each member's second and third rate: what its values keep, and how far they go along the direction. */
export function ratesCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { rates: 'vec4<f32>' },
      reads: { parameterSquares: 'f32', directionSquares: 'f32', control: 'f32', table: 'u32' },
      u32: ['rows', 'membersAt', 'scalesByParameter'],
      f32: ['clipThreshold', 'scaleEpsilon', 'weightDecay'],
    },
    `let member = memberAt(row);
  ${sumUp('member.rows', {
    own: 'parameterSquares[member.firstRow + i]',
    gone: 'directionSquares[member.firstRow + i]',
  })}
  if (lane == 0u) {
    let count = f32(member.rows * member.columns);
    let clip = max(sqrt(gone / count) / u.clipThreshold, 1.0);
    let size = select(1.0, max(sqrt(own / count), u.scaleEpsilon), u.scalesByParameter == 1u);
    let rate = size * control[3];
    rates[row] = vec4<f32>(rates[row].x, 1.0 - select(0.0, rate * u.weightDecay, member.decays == 1u), rate / clip, 0.0);
  }`,
    memberFunctions,
  );
}

/** p ← p·kept - rate·direction. */
export function updateCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { parameter: 'f32' },
      reads: {
        gradient: 'f32',
        rowMeans: 'f32',
        columnMeans: 'f32',
        rates: 'vec4<f32>',
        control: 'f32',
        table: 'u32',
      },
      u32: ['rows', 'membersAt'],
    },
    `${findRow}
  ${direction}
  let rate = rates[table[row]];
  for (var i = lane; i < member.columns; i += LANES) {
    parameter[start + i] = parameter[start + i] * rate.y - ${directionAt} * rate.z;
  }`,
    memberFunctions,
  );
}
