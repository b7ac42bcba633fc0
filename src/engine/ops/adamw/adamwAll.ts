/**
 * AdamW of many parameters in few dispatches: small ones together in arenas, large ones each by itself. Whether and how
 * far the step goes is read from its decision on the GPU. The plain version is `adamwStep`, parameter by parameter.
 */
import type * as tf from '@tensorflow/tfjs';
import { arenaLayout } from '../../arena.ts';
import { runKernel } from '../../runtime.ts';
import { GroupBuffers, groupBySize, joinGradients, type GroupMember } from '../parameterGroups.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import type { AdamwState } from './adamw.ts';
import { adamwAllCode } from './adamwAll.wgsl.ts';

const parts = ['parameter', 'momentum', 'variance'] as const;

/** Constants of a run. */
export interface AdamwAllOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
}

export type AdamwMember = GroupMember<AdamwState>;

/** How a set of parameters is updated. Made once; it finds out by itself when a parameter was assigned to. */
export class AdamwGroups {
  private readonly groups: readonly (readonly AdamwMember[])[];
  private readonly buffers: readonly GroupBuffers[];

  constructor(members: readonly AdamwMember[]) {
    this.groups = groupBySize(members);
    this.buffers = this.groups.map(() => new GroupBuffers());
  }

  /** See `joinGradients`. */
  join(gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor[] {
    return joinGradients(this.groups, gradients);
  }

  /** Updates all members in place as `control` (see `decideStep`) says, from gradients that `join` made. */
  update(joined: readonly tf.Tensor[], control: tf.Tensor1D, options: AdamwAllOptions): void {
    for (const [i, members] of this.groups.entries()) {
      const gradient = joined[i]!;
      const type = widestType(gradient.size);
      const lanes = lanesOf(type);
      const count = gradient.size / lanes;
      runKernel({
        key: `adamwAll ${type}`,
        code: () => adamwAllCode(type),
        writes: this.buffers[i]!.wholes(parts.map((part) => members.map(({ state }) => state[part]))),
        reads: [gradient, control],
        uniforms: {
          u32: [count, decayingFloats(members) / lanes],
          f32: [options.beta1, options.beta2, options.epsilon],
        },
        workgroups: elementWorkgroups(count),
      });
    }
  }
}

function decayingFloats(members: readonly AdamwMember[]): number {
  const sizes = members.filter(({ decays }) => decays).map(({ state }) => state.parameter.size);
  return members.length === 1 ? (sizes[0] ?? 0) : arenaLayout(sizes).floatCount;
}
