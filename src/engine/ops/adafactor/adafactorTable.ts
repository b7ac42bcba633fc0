/** Where the rows and columns of a group's matrices lie, as the kernels of adafactorAll.wgsl.ts read it. Pure. */
import { arenaLayout } from '../../arena.ts';
import { tileColumns, tileRows } from './adafactorAll.wgsl.ts';

/** A matrix, or a vector as a matrix of one row. */
export interface Member {
  readonly rows: number;
  readonly columns: number;
  readonly decays: boolean;
}

export interface AdafactorTable {
  /** The member of each row, then eight numbers for each member. */
  readonly table: Int32Array;
  /** Tiles of all rows, and of the first rows only: three numbers each. */
  readonly tiles: Int32Array;
  readonly topTiles: Int32Array;
  readonly rowCount: number;
  /** Floats that the sums of columns take, tile by tile. */
  readonly sumCount: number;
}

/** The table of a group in the order of its members; offsets are those of arenas, or 0 for a single member. */
export function adafactorTable(members: readonly Member[]): AdafactorTable {
  const offsets = (size: (member: Member) => number): readonly number[] =>
    arenaLayout(members.map(size)).offsets;
  const at = offsets(({ rows, columns }) => rows * columns);
  const rowAt = offsets(({ rows }) => rows);
  const columnAt = offsets(({ columns }) => columns);
  const ofRows: number[] = [];
  const ofMembers: number[] = [];
  const tiles: number[] = [];
  let sumCount = 0;
  for (const [m, { rows, columns, decays }] of members.entries()) {
    ofMembers.push(at[m]!, rows, columns, rowAt[m]!, columnAt[m]!, ofRows.length, sumCount, decays ? 1 : 0);
    for (let row = 0; row < rows; row++) ofRows.push(m);
    for (let row = 0; row < rows; row += tileRows) {
      for (let column = 0; column < columns; column += tileColumns) tiles.push(m, row, column);
    }
    sumCount += Math.ceil(rows / tileRows) * columns;
  }
  return {
    table: Int32Array.from([...ofRows, ...ofMembers]),
    tiles: Int32Array.from(tiles),
    topTiles: Int32Array.from(tiles.filter((_, i) => tiles[i - (i % 3) + 1] === 0)),
    rowCount: ofRows.length,
    sumCount,
  };
}
