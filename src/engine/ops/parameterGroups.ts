/** Parameters in groups that few dispatches update: large ones each by itself, small ones together in arenas. */
import * as tf from '@tensorflow/tfjs';
import { Arena, arenaLayout, copyInto } from '../arena.ts';
import { allocate, isShared } from '../runtime.ts';

/** Parameters above this are worth their own dispatch; copying their gradients together would cost more. */
const largeFloats = 2 ** 17;
/** An arena's buffers must be small enough to be bound on every device: 64 MB. */
const arenaFloats = 2 ** 24;

/** A parameter with what its optimizer remembers of it, and whether weight decay applies to it. */
export interface GroupMember<State extends { parameter: tf.Variable }> {
  name: string;
  state: State;
  decays: boolean;
}

/** Groups of members, each of one large parameter or of small ones; those with decay come first. */
export function groupBySize<Member extends GroupMember<{ parameter: tf.Variable }>>(
  members: readonly Member[],
): Member[][] {
  const byDecay = [...members.filter(({ decays }) => decays), ...members.filter(({ decays }) => !decays)];
  const groups: Member[][] = [];
  let small: Member[] = [];
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
  return groups;
}

/** The gradients of all members, one tensor per group, laid out as its parameters. The given ones are disposed or handed over. */
export function joinGradients(
  groups: readonly (readonly { name: string }[])[],
  gradients: ReadonlyMap<string, tf.Tensor>,
): tf.Tensor[] {
  return groups.map((members) => {
    const tensors = members.map(({ name }) => gradients.get(name)!);
    if (tensors.length === 1) return tensors[0]!;
    const layout = arenaLayout(tensors.map(({ size }) => size));
    const joined = allocate<tf.Rank.R1>([layout.floatCount]);
    copyInto(joined, tensors, layout);
    tf.dispose(tensors);
    return joined;
  });
}

/** The variables of a group as one tensor for each of their parts: those of its only member, or arenas, made where needed. */
export class GroupBuffers {
  private arenas: readonly Arena[] = [];

  /** `parts` holds the members' variables part by part. It is found out here when a variable was assigned to. */
  wholes(parts: readonly (readonly tf.Variable[])[]): readonly tf.TensorInfo[] {
    if (parts.every(({ length }) => length === 1)) return parts.map(([only]) => withOwnBuffer(only!));
    const arePacked = parts.every((part, i) =>
      part.every((variable) => this.arenas[i]?.holds(variable) === true),
    );
    if (!arePacked) this.arenas = parts.map((part) => new Arena(part.map(withOwnBuffer)));
    return this.arenas.map(({ whole }) => whole);
  }
}

/** The variable, with a buffer that no other tensor sees. */
function withOwnBuffer(variable: tf.Variable): tf.Variable {
  if (isShared(variable)) tf.tidy(() => variable.assign(tf.mul(variable, 1)));
  return variable;
}
