import { expect, test } from 'vitest';
import { readChoices, writeChoices } from './keptChoices.ts';
import { candidateKernels } from './matmulKernels.ts';

const classes = ['NN small', 'NT large'];
const choices = new Map([
  ['NN small', candidateKernels[2]!],
  ['NT large', candidateKernels[5]!],
]);

test('choices come back from their text', () => {
  expect(writeChoices(choices)).toBe('{"NN small":"direct 4x4","NT large":"shared 8x8"}');
  expect(readChoices(writeChoices(choices), classes, candidateKernels)).toEqual(choices);
});

test.each([
  ['damaged', '{"NN small":"direct'],
  ['not an object', 'null'],
  ['without a class', '{"NN small":"direct 4x4"}'],
  ['with a kernel that is no candidate', '{"NN small":"direct 4x4","NT large":"shared 99x99"}'],
  ['with a number for a name', '{"NN small":"direct 4x4","NT large":8}'],
])('a text that is %s counts as none', (_, text) => {
  expect(readChoices(text, classes, candidateKernels)).toBeUndefined();
});
