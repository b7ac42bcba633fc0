/** All cases of the self-check, with random sizes and values. */
import { deriveSeed } from '../../lib/prng.ts';
import { decodingCases } from './decodingCases.ts';
import { drawFrom } from './draw.ts';
import { forwardCases } from './forwardCases.ts';
import type { CaseMakers, OpCase } from './opCase.ts';
import { updateCases } from './updateCases.ts';

const makers: CaseMakers = { ...forwardCases, ...decodingCases, ...updateCases };

/** `perOp` cases of every op; the same seed gives the same ones. */
export function opCases(seed: number, perOp: number): OpCase[] {
  return Object.entries(makers).flatMap(([op, make]) =>
    Array.from({ length: perOp }, (_, i) => ({ op, ...make(drawFrom(deriveSeed(seed, `${op} ${i}`), i)) })),
  );
}
