/** Every adapter method against peft on the tiny models: logits, gradients, generation, merged weights, counts. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import {
  ADAPTER_CASES,
  FLAVOURS,
  goldenAdapterFolder,
  goldenBatch,
  goldenTensors,
  loadGoldenAdapter,
  loadGoldenModel,
  type GoldenAdapterNumbers,
} from '../../test/golden/goldenModel.ts';
import { describeOnDevices } from '../../test/golden/onDevices.ts';
import { readFresh } from '../runtime.ts';
import { uploadBatch } from '../t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../t5/forwardPass.ts';
import { generate } from '../t5/generate.ts';
import { forward, loss } from '../t5/t5.ts';
import { weight } from '../weights.ts';
import { disposeAdapter, readAdapter, uploadAdapter } from './adapter.ts';
import { adapterSpecs, countAdapterParameters, loraScaling } from './adapterPlan.ts';
import { initAdapter } from './initAdapter.ts';
import { mergeAdapter } from './mergeAdapter.ts';
import { planIa3, planLora, planPrompt } from './planAdapter.ts';

/** peft's own logits; WASM's exponential is the least exact. */
const close = { atol: 6e-5, rtol: 1e-4 };
const cases = FLAVOURS.flatMap((flavour) => ADAPTER_CASES.map((name) => [flavour, name] as const));

describeOnDevices('adapters equal peft', (start) => {
  beforeAll(start);

  test.each(cases)('%s %s: logits, every gradient, generated ids, merged weights', async (flavour, name) => {
    const { config, weights } = await loadGoldenModel(flavour);
    const folder = goldenAdapterFolder(flavour, name);
    const golden = await goldenTensors(folder);
    const numbers = goldenJson(`${folder}/golden.json`) as GoldenAdapterNumbers;
    const batch = goldenBatch(await goldenTensors(flavour));
    const adapter = await loadGoldenAdapter(flavour, config, weights, folder);
    const pass = inferencePass(config, weights, adapter);
    const before = tf.memory().numTensors;
    const logitsOf = async (used: ForwardPass): Promise<Float32Array> => {
      const logits = tf.tidy(() => forward(used, uploadBatch(batch)));
      const values = await readFresh(logits);
      logits.dispose();
      return values;
    };
    expect(await logitsOf(pass)).toBeAllClose(golden.get('logits')!, close);
    const { logits: withoutAdapter } = Object.fromEntries(await goldenTensors(flavour));
    expect(await logitsOf(inferencePass(config, weights, adapter, 0))).toBeAllClose(withoutAdapter!, close);

    for (const recomputesBlocks of name === 'dora' || name === 'saved' ? [false, true] : [false]) {
      const { value, grads } = tf.variableGrads(
        () => loss({ ...pass, recomputesBlocks }, uploadBatch(batch), batch.labelTokenCount),
        [...adapter.variables.values()],
      );
      expect((await readFresh(value))[0]).toBeCloseTo(numbers.loss, 4);
      value.dispose();
      for (const [variableName, variable] of adapter.variables) {
        const found = await readFresh(grads[variable.name]!);
        const wanted = golden.get(`gradient.${variableName}`)!;
        // Some gradients here reach 50: compared with the largest of each tensor.
        const largest = wanted.reduce((max, entry) => Math.max(max, Math.abs(entry)), 0);
        expect(found).toBeAllClose(wanted, { atol: 1e-4 * Math.max(1, largest), rtol: 1e-4 });
      }
      tf.dispose(grads);
    }

    const rows = await generate(pass, batch, { maxNewTokens: 12 });
    expect(rows.map(({ ids }) => ids)).toEqual(numbers.generated);
    expect(tf.memory().numTensors).toBe(before);

    if (adapter.plan.kind === 'prompt-tuning') return; // nothing to merge
    const { weights: merged, mergedOnly } = mergeAdapter(weights, adapter);
    const mergedNames = [...golden.keys()].filter((key) => key.startsWith('merged.'));
    expect(mergedNames.length).toBeGreaterThan(0);
    for (const key of mergedNames) {
      const tensor = weight(merged, key.slice('merged.'.length));
      expect(await readFresh(tensor)).toBeAllClose(golden.get(key)!, { atol: 1e-6, rtol: 1e-5 });
    }
    expect(await logitsOf(inferencePass(config, merged))).toBeAllClose(golden.get('logits')!, close);
    tf.dispose(mergedOnly.map((key) => merged.get(key)!));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('fresh adapters change nothing, with DoRA and modules trained in full too', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const batch = goldenBatch(await goldenTensors('gated'));
    const golden = await goldenTensors('gated');
    const options = { r: 2, alpha: 4, dropout: 0, targets: ['q', 'wo'], usesDora: true };
    for (const plan of [
      planLora(config, { ...options, savedModules: ['lm_head', 'embed_tokens'] }),
      planIa3(config, { targets: ['k', 'v', 'wo'] }),
    ]) {
      const adapter = uploadAdapter(initAdapter(plan, 1), weights);
      const logits = tf.tidy(() => forward(inferencePass(config, weights, adapter), uploadBatch(batch)));
      expect(await readFresh(logits)).toBeAllClose(golden.get('logits')!, close);
      logits.dispose();
      disposeAdapter(adapter);
    }
  });

  test('a little strength changes a little: LoRA, DoRA and IA³', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const batch = goldenBatch(await goldenTensors('gated'));
    for (const name of ['dora', 'ia3', 'rslora'] as const) {
      const adapter = await loadGoldenAdapter('gated', config, weights, goldenAdapterFolder('gated', name));
      const at = async (strength: number): Promise<number> => {
        const value = tf.tidy(() =>
          loss(inferencePass(config, weights, adapter, strength), uploadBatch(batch), 1),
        );
        const [read] = await readFresh(value);
        value.dispose();
        return read!;
      };
      const [off, little, on] = [await at(0), await at(1e-3), await at(1)];
      expect(Math.abs(little - off)).toBeLessThan(0.02 * Math.abs(on - off) + 0.05);
      expect(Math.abs(little - off)).toBeGreaterThan(0);
      disposeAdapter(adapter);
    }
  });

  test('a prompt cannot be merged', async () => {
    const { config, weights } = await loadGoldenModel('relu');
    const adapter = uploadAdapter(initAdapter(planPrompt(config, 3, null), 1), weights);
    expect(() => mergeAdapter(weights, adapter)).toThrow(/nothing to merge/);
    disposeAdapter(adapter);
  });

  test('a prompt that starts from tokens is their embeddings', async () => {
    const { config, weights } = await loadGoldenModel('relu');
    const adapter = uploadAdapter(initAdapter(planPrompt(config, 3, [9, 4]), 1), weights);
    const table = await readFresh(weight(weights, 'shared.weight'));
    const row = (id: number) => [...table.subarray(id * config.dModel, (id + 1) * config.dModel)];
    expect([...(await readFresh(adapter.prompt!))]).toEqual([...row(9), ...row(4), ...row(9)]);
    disposeAdapter(adapter);
  });
});

test.each(cases)(
  '%s %s: read back from the device it is what was read; peft’s parameter count',
  async (flavour, name) => {
    await tf.setBackend('cpu');
    const { config, weights } = await loadGoldenModel(flavour);
    const folder = goldenAdapterFolder(flavour, name);
    const adapter = await loadGoldenAdapter(flavour, config, weights, folder);
    const { plan, tensors } = await readAdapter(adapter);
    expect([...tensors.keys()]).toEqual(adapterSpecs(plan).map((spec) => spec.name));
    const { trainable } = goldenJson(`${folder}/golden.json`) as GoldenAdapterNumbers;
    expect(countAdapterParameters(plan)).toBe(trainable);
  },
);

test('rank-stabilised scaling is alpha/√r', async () => {
  const { config } = await loadGoldenModel('relu');
  const options = { r: 4, alpha: 8, dropout: 0, targets: ['q'] };
  const scaling = (isRankStabilised: boolean): number => {
    const plan = planLora(config, { ...options, isRankStabilised });
    return loraScaling(plan, [...plan.modules.values()][0]!);
  };
  expect([scaling(false), scaling(true)]).toEqual([2, 4]);
});
