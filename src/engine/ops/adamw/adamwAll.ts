/**
 * AdamW of many parameters in few dispatches: small ones together in arenas, large ones each by itself. Whether and how
 * far the step goes is read from its decision on the GPU. The plain version is `adamwStep`, parameter by parameter.
 */
import * as tf from '@tensorflow/tfjs';
import { Arena, arenaLayout, copyInto } from '../../arena.ts';
import { allocate, isShared, runKernel } from '../../runtime.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import type { AdamwState } from './adamw.ts';
import { adamwAllCode } from './adamwAll.wgsl.ts';

/** Parameters above this are worth their own dispatch; copying their gradients together would cost more. */
const largeFloats = 2 ** 17;
/** An arena's buffers must be small enough to be bound on every device: 64 MB. */
const arenaFloats = 2 ** 24;

const parts = ['parameter', 'momentum', 'variance'] as const;

/** Constants of a run. */
export interface AdamwAllOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** A parameter and whether weight decay applies to it. */
export interface AdamwMember {
  name: string;
  state: AdamwState;
  decays: boolean;
}

/** Parameters that one dispatch updates: one large one, or the small ones of an arena, those with decay first. */
interface Group {
  readonly members: readonly AdamwMember[];
  arenas: readonly Arena[];
}

/** How a set of parameters is updated. Made once; it finds out by itself when a parameter was assigned to. */
export class AdamwGroups {
  private readonly groups: readonly Group[];

  constructor(members: readonly AdamwMember[]) {
    const byDecay = [...members.filter(({ decays }) => decays), ...members.filter(({ decays }) => !decays)];
    const groups: AdamwMember[][] = [];
    let small: AdamwMember[] = [];
    let smallFloats = 0;
    for (const member of byDecay) {
      const { size } = member.state.parameter;
      if (size > largeFloats) {
        groups.push([member]);
        continue;
      }
      if (smallFloats + size > arenaFloats || small.length === 0) {
        small = [];
        smallFloats = 0;
        groups.push(small);
      }
      small.push(member);
      smallFloats += size;
    }
    this.groups = groups.map((group) => ({ members: group, arenas: [] }));
  }

  /** The gradients of all members, one tensor per group. The given ones are disposed or handed over. */
  join(gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor[] {
    return this.groups.map(({ members }) => {
      const tensors = members.map(({ name }) => gradients.get(name)!);
      if (tensors.length === 1) return tensors[0]!;
      const layout = arenaLayout(tensors.map(({ size }) => size));
      const joined = allocate<tf.Rank.R1>([layout.floatCount]);
      copyInto(joined, tensors, layout);
      tf.dispose(tensors);
      return joined;
    });
  }

  /** Updates all members in place as `control` (see `decideStep`) says, from gradients that `join` made. */
  update(joined: readonly tf.Tensor[], control: tf.Tensor1D, options: AdamwAllOptions): void {
    for (const [i, group] of this.groups.entries()) {
      const gradient = joined[i]!;
      const type = widestType(gradient.size);
      const lanes = lanesOf(type);
      const count = gradient.size / lanes;
      runKernel({
        key: `adamwAll ${type}`,
        code: () => adamwAllCode(type),
        writes: buffersOf(group),
        reads: [gradient, control],
        uniforms: {
          u32: [count, decayingFloats(group) / lanes],
          f32: [options.beta1, options.beta2, options.epsilon],
        },
        workgroups: elementWorkgroups(count),
      });
    }
  }
}

/** Parameters and moments of a group as three tensors: those of its only member, or arenas, made where needed. */
function buffersOf(group: Group): readonly tf.TensorInfo[] {
  const { members } = group;
  if (members.length === 1) return parts.map((part) => withOwnBuffer(members[0]!.state[part]));
  const arePacked = parts.every((part, i) =>
    members.every(({ state }) => group.arenas[i]?.holds(state[part]) === true),
  );
  if (!arePacked) {
    group.arenas = parts.map((part) => new Arena(members.map(({ state }) => withOwnBuffer(state[part]))));
  }
  return group.arenas.map(({ whole }) => whole);
}

function decayingFloats({ members }: Group): number {
  const sizes = members.filter(({ decays }) => decays).map(({ state }) => state.parameter.size);
  return members.length === 1 ? (sizes[0] ?? 0) : arenaLayout(sizes).floatCount;
}

/** The variable, with a buffer that no other tensor sees. */
function withOwnBuffer(variable: tf.Variable): tf.Variable {
  if (isShared(variable)) tf.tidy(() => variable.assign(tf.mul(variable, 1)));
  return variable;
}
