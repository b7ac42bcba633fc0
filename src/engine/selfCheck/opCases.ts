/** All cases of the self-check, with random sizes and values. */
import { deriveSeed } from '../../lib/prng.ts';
import { decodingCases } from './decodingCases.ts';
import { drawFrom } from './draw.ts';
import { forwardCases } from './forwardCases.ts';
import type { CaseMakers, OpCase } from './opCase.ts';
import { projectionCases } from './projectionCases.ts';
import { updateCases } from './updateCases.ts';

const trainingMakers: CaseMakers = { ...forwardCases, ...projectionCases, ...updateCases };
const makers: CaseMakers = { ...trainingMakers, ...decodingCases };

/** `perOp` cases of every op; the same seed gives the same ones. */
export function opCases(seed: number, perOp: number): OpCase[] {
  return draw(makers, seed, perOp);
}

/** As `opCases`, of the ops that training is made of: without those that only decoding uses. */
export function trainingCases(seed: number, perOp: number): OpCase[] {
  return draw(trainingMakers, seed, perOp);
}

function draw(from: CaseMakers, seed: number, perOp: number): OpCase[] {
  return Object.entries(from).flatMap(([op, make]) =>
    Array.from({ length: perOp }, (_, i) => ({ op, ...make(drawFrom(deriveSeed(seed, `${op} ${i}`), i)) })),
  );
}
