/** Greedy and beam search under all options, against the ids of transformers' `generate`. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseTitle, fromPython, type GoldenGeneration } from '../../test/golden/generation/decodingCase.ts';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { loadGoldenModel } from '../../test/golden/goldenModel.ts';
import { describeOnDevices } from '../../test/golden/onDevices.ts';
import { inferencePass } from './forwardPass.ts';
import { generate } from './generate.ts';
import { padPrompts } from './promptBatch.ts';

const { prompts, groups } = goldenJson('generation/golden.json') as GoldenGeneration;

type Group = GoldenGeneration['groups'][number];

function suite({ flavour, cases }: Group, start: () => Promise<void>): void {
  let model: Awaited<ReturnType<typeof loadGoldenModel>>;
  beforeAll(async () => {
    await start();
    model = await loadGoldenModel(flavour);
  });
  afterAll(() => {
    tf.dispose([...model.weights.values()]);
  });

  const titled = cases.map((one) => ({ ...one, title: caseTitle(one.options) }));
  test.each(titled)('$title', async ({ options, ids }) => {
    const before = tf.memory().numTensors;
    const pass = inferencePass(model.config, model.weights);
    const rows = await generate(pass, padPrompts(prompts), fromPython(options));
    expect(rows.map((row) => row.ids)).toEqual(ids);
    expect(tf.memory().numTensors).toBe(before);
  });
}

describe.each(groups)('generate, $flavour, all cases', (group) => {
  suite(group, async () => {
    await tf.setBackend('cpu');
  });
});

/** The other devices differ in how scores are computed and ranked, not in what is done with them. */
const some = groups.map((group) => ({ ...group, cases: group.cases.filter((_, i) => i % 7 === 5) }));
describe.each(some)('generate, $flavour', (group) => {
  describeOnDevices('some cases', (start) => {
    suite(group, start);
  });
});
