/** Generation against transformers' greedy ids, and the promises of sampling, streaming and stopping. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import {
  FLAVOURS,
  goldenBatch,
  goldenTensors,
  loadGoldenAdapter,
  loadGoldenModel,
  type GoldenNumbers,
} from '../../test/golden/goldenModel.ts';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { describeOnDevices } from '../../test/golden/onDevices.ts';
import { inferencePass } from './forwardPass.ts';
import { generate } from './generate.ts';
import { padPrompts } from './promptBatch.ts';

const greedy = { maxNewTokens: 12 };

describeOnDevices('generate', (start) => {
  beforeAll(start);

  test.each(FLAVOURS)('%s: the ids of transformers, base and with adapter', async (flavour) => {
    const { config, weights } = await loadGoldenModel(flavour);
    const prompts = goldenBatch(await goldenTensors(flavour));
    const numbers = goldenJson(`${flavour}/golden.json`) as GoldenNumbers;
    const before = tf.memory().numTensors;
    const rows = await generate(inferencePass(config, weights), prompts, greedy);
    expect(rows.map(({ ids }) => ids)).toEqual(numbers.generated);
    expect(rows.map(({ isComplete }) => isComplete)).toEqual(numbers.generated.map((ids) => ids.length < 12));
    expect(tf.memory().numTensors).toBe(before);

    const adapter = await loadGoldenAdapter(flavour, config, weights);
    const tuned = await generate(inferencePass(config, weights, adapter), prompts, {
      ...greedy,
      readEvery: 1,
    });
    expect(tuned.map(({ ids }) => ids)).toEqual(numbers.lora_generated);
  });

  test('a row alone gives what it gives in a padded batch', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const batch = goldenBatch(await goldenTensors('gated'));
    const numbers = goldenJson('gated/golden.json') as GoldenNumbers;
    const row = batch.inputIds.subarray(batch.inputLength, 2 * batch.inputLength).filter((id) => id !== 0);
    const [alone] = await generate(inferencePass(config, weights), padPrompts([row]), greedy);
    expect(alone!.ids).toEqual(numbers.generated[1]);
  });

  test('streamed tokens add up to the result', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const prompts = goldenBatch(await goldenTensors('gated'));
    const { generated } = goldenJson('gated/golden.json') as GoldenNumbers;
    const longest = generated.findIndex(({ length }) => length === 12);
    const streamed: number[][] = [[], [], []];
    const lengths: number[] = [];
    const rows = await generate(inferencePass(config, weights), prompts, {
      ...greedy,
      readEvery: 3,
      onIds: (row, ids) => {
        expect(ids.slice(0, streamed[row]!.length)).toEqual(streamed[row]);
        streamed[row] = [...ids];
        if (row === longest) lengths.push(ids.length);
      },
    });
    expect(streamed).toEqual(rows.map(({ ids }) => ids));
    expect(lengths).toEqual([3, 6, 9, 12]);
  });

  test('sampling: equal seeds give equal text, other seeds other text, top-k 1 the greedy text', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const prompts = goldenBatch(await goldenTensors('gated'));
    const pass = inferencePass(config, weights);
    const sample = async (seed: number, topK: number) => {
      const rows = await generate(pass, prompts, { maxNewTokens: 12, doSample: true, topK, seed });
      return rows.map(({ ids }) => ids);
    };
    const before = tf.memory().numTensors;
    expect(await sample(1, 0)).toEqual(await sample(1, 0));
    expect(await sample(1, 0)).not.toEqual(await sample(2, 0));
    expect(await sample(1, 1)).toEqual((goldenJson('gated/golden.json') as GoldenNumbers).generated);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('stops when told to, and frees what it held', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const prompts = goldenBatch(await goldenTensors('gated'));
    const stop = new AbortController();
    const before = tf.memory().numTensors;
    const running = generate(inferencePass(config, weights), prompts, {
      ...greedy,
      readEvery: 2,
      signal: stop.signal,
      onIds: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
  });
});
