/** All cases of the self-check, with random sizes and values. */
import { deriveSeed } from '../../lib/prng.ts';
import { decodingCases } from './decodingCases.ts';
import { drawFrom } from './draw.ts';
import { forwardCases } from './forwardCases.ts';
import { HALF_TOLERANCE, type CaseMakers, type OpCase } from './opCase.ts';
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

/** As `opCases`, of the products of training, with what their results may differ by in 16 bits. */
export function halfCases(seed: number, perOp: number): OpCase[] {
  const names = /^(?:linear|loraLinear|packedMatrix)/u;
  const products = Object.fromEntries(Object.entries(projectionCases).filter(([op]) => names.test(op)));
  return draw(products, seed, perOp).map((opCase) => ({ ...opCase, tolerance: HALF_TOLERANCE }));
}

function draw(from: CaseMakers, seed: number, perOp: number): OpCase[] {
  return Object.entries(from).flatMap(([op, make]) =>
    Array.from({ length: perOp }, (_, i) => ({ op, ...make(drawFrom(deriveSeed(seed, `${op} ${i}`), i)) })),
  );
}
