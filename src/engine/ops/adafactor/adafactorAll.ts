/**
 * Adafactor of many parameters in seven dispatches for all small ones and seven for each large one. Whether and how far the
 * step goes is read from its decision on the GPU. The plain version is `adafactorStep`, parameter by parameter.
 */
import * as tf from '@tensorflow/tfjs';
import { allocate, reductionStyle, runKernel, spreadWorkgroups } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { GroupBuffers, groupBySize, joinGradients, type GroupMember } from '../parameterGroups.ts';
import { rowWorkgroups } from '../wgsl.ts';
import { relativeRate, type AdafactorOptions, type AdafactorState } from './adafactor.ts';
import {
  columnMeansCode,
  columnSumsCode,
  directionCode,
  meanOfRowsCode,
  ratesCode,
  rowsCode,
  tileWords,
  updateCode,
} from './adafactorAll.wgsl.ts';
import { adafactorTable, type AdafactorTable, type Member } from './adafactorTable.ts';

/** Constants of a run. */
export type AdafactorAllOptions = Pick<
  AdafactorOptions,
  'weightDecay' | 'scalesByParameter' | 'clipThreshold' | 'squareEpsilon' | 'scaleEpsilon'
>;

export type AdafactorMember = GroupMember<AdafactorState>;

/**
 * What the decision of a step holds in places 2 and 3: the share of new squares in what is remembered, 1 - β2 of the step, and
 * the rate before it is scaled; t from 1. The share goes to 0: as 1 - β2 in 32 bits it would lose its digits.
 */
export function adafactorCorrections(
  options: Pick<AdafactorOptions, 'decayRate' | 'isRelativeStep' | 'hasWarmupInit' | 'learningRate'>,
): (t: number) => [number, number] {
  return (t) => [t ** options.decayRate, relativeRate({ ...options, step: t })];
}

/** Whether these kernels take a parameter: matrices and vectors. */
export function isMatrixOrVector({ parameter }: AdafactorState): boolean {
  return parameter.rank === 1 || parameter.rank === 2;
}

/** How a set of parameters is updated. Made once; it finds out by itself when a parameter was assigned to. */
export class AdafactorGroups {
  private readonly groups: readonly (readonly AdafactorMember[])[];
  private readonly parts: readonly AdafactorGroup[];

  constructor(members: readonly AdafactorMember[]) {
    this.groups = groupBySize(members);
    this.parts = this.groups.map((group) => new AdafactorGroup(group));
  }

  /** See `joinGradients`. */
  join(gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor[] {
    return joinGradients(this.groups, gradients);
  }

  /** Updates all members in place as `control` says, from gradients that `join` made. */
  update(joined: readonly tf.Tensor[], control: tf.Tensor1D, options: AdafactorAllOptions): void {
    for (const [i, part] of this.parts.entries()) part.update(joined[i]!, control, options);
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }
}

class AdafactorGroup {
  private readonly members: readonly AdafactorMember[];
  private readonly buffers = new GroupBuffers();
  private readonly layout: AdafactorTable;
  /** The layout on the device. */
  private readonly table: tf.Tensor1D;
  private readonly tiles: tf.Tensor1D;
  private readonly topTiles: tf.Tensor1D;
  /** Means over the only row of each vector, by member: they cancel out, and no state has them. */
  private readonly rowMeans: readonly tf.Variable[];

  constructor(members: readonly AdafactorMember[]) {
    this.members = members;
    this.layout = adafactorTable(members.map(({ state, decays }) => ({ ...matrixShape(state), decays })));
    const upload = (values: Int32Array): tf.Tensor1D => tf.tidy(() => tf.keep(tf.tensor1d(values, 'int32')));
    this.table = upload(this.layout.table);
    this.tiles = upload(this.layout.tiles);
    this.topTiles = upload(this.layout.topTiles);
    this.rowMeans = members.map(({ state }) =>
      'rowMeans' in state ? state.rowMeans : tf.tidy(() => tf.variable(zeros([1]))),
    );
  }

  update(gradient: tf.Tensor, control: tf.Tensor1D, options: AdafactorAllOptions): void {
    const { members, table, layout } = this;
    const [parameter, rowMeans, columnMeans] = this.buffers.wholes([
      members.map(({ state }) => state.parameter),
      this.rowMeans,
      members.map(({ state }) => ('squares' in state ? state.squares : state.columnMeans)),
    ]) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
    const parameterSquares = allocate<tf.Rank.R1>([layout.rowCount]);
    const directionSquares = allocate<tf.Rank.R1>([layout.rowCount]);
    const sums = allocate<tf.Rank.R1>([layout.sumCount]);
    const rates = allocate<tf.Rank.R2>([members.length, 4]);
    const style = reductionStyle();
    const byRows = (
      name: string,
      code: (rowStyle: typeof style) => string,
      rows: number,
      bound: Pick<Parameters<typeof runKernel>[0], 'writes' | 'reads'>,
      { u32 = [], f32 = [] }: { u32?: readonly number[]; f32?: readonly number[] } = {},
    ): void =>
      runKernel({
        key: `adafactor ${name} ${style}`,
        code: () => code(style),
        ...bound,
        uniforms: { u32: [rows, layout.rowCount, ...u32], f32 },
        workgroups: rowWorkgroups(style, rows),
      });
    const byTiles = (
      name: string,
      code: () => string,
      tiles: tf.Tensor1D,
      written: tf.TensorInfo,
      read: tf.TensorInfo,
      f32: readonly number[],
    ): void => {
      const count = tiles.size / tileWords;
      runKernel({
        key: `adafactor ${name}`,
        code,
        writes: [written],
        reads: [read, control, table, tiles],
        uniforms: { u32: [count, layout.rowCount], f32 },
        workgroups: spreadWorkgroups(count),
      });
    };

    byRows(
      'rows',
      rowsCode,
      layout.rowCount,
      { writes: [rowMeans, parameterSquares], reads: [gradient, parameter, control, table] },
      { f32: [options.squareEpsilon] },
    );
    byTiles('column sums', columnSumsCode, this.tiles, sums, gradient, [options.squareEpsilon]);
    byTiles('column means', columnMeansCode, this.topTiles, columnMeans, sums, []);
    byRows('mean of rows', meanOfRowsCode, members.length, { writes: [rates], reads: [rowMeans, table] });
    byRows('direction', directionCode, layout.rowCount, {
      writes: [directionSquares],
      reads: [gradient, rowMeans, columnMeans, rates, control, table],
    });
    byRows(
      'rates',
      ratesCode,
      members.length,
      { writes: [rates], reads: [parameterSquares, directionSquares, control, table] },
      {
        u32: [options.scalesByParameter ? 1 : 0],
        f32: [options.clipThreshold, options.scaleEpsilon, options.weightDecay],
      },
    );
    byRows('update', updateCode, layout.rowCount, {
      writes: [parameter],
      reads: [gradient, rowMeans, columnMeans, rates, control, table],
    });
    tf.dispose([parameterSquares, directionSquares, sums, rates]);
  }

  dispose(): void {
    const ownRowMeans = this.rowMeans.filter((_, i) => !('rowMeans' in this.members[i]!.state));
    tf.dispose([this.table, this.tiles, this.topTiles, ...ownRowMeans]);
  }
}

function matrixShape({ parameter }: AdafactorState): Omit<Member, 'decays'> {
  const [first, second] = parameter.shape as [number, number?];
  return second === undefined ? { rows: 1, columns: first } : { rows: first, columns: second };
}
