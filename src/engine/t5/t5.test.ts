/** The network against PyTorch: make_golden.py's logits, losses and every gradient, with and without LoRA. */
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
import { mergeAdapter } from '../adapters/mergeAdapter.ts';
import { readFresh } from '../runtime.ts';
import { copyToVariable, weight } from '../weights.ts';
import { uploadBatch } from './batchTensors.ts';
import { inferencePass, type ForwardPass } from './forwardPass.ts';
import { encode, forward, loss } from './t5.ts';

const close = { atol: 1e-5, rtol: 1e-4 };

describeOnDevices('T5 equals transformers', (start) => {
  beforeAll(start);

  test.each(FLAVOURS)('%s: encoder states, logits and loss', async (flavour) => {
    const { config, weights } = await loadGoldenModel(flavour);
    const golden = await goldenTensors(flavour);
    const numbers = goldenJson(`${flavour}/golden.json`) as GoldenNumbers;
    const batch = goldenBatch(golden);
    const pass = inferencePass(config, weights);
    const before = tf.memory().numTensors;
    const outputs = tf.tidy(() => {
      const tensors = uploadBatch(batch);
      return [
        encode(pass, tensors.inputIds, tensors.inputMask),
        forward(pass, tensors),
        loss(pass, tensors, batch.labelTokenCount),
      ] as const;
    });
    expect(tf.memory().numTensors).toBe(before + 3);
    const [states, logits, mean] = await Promise.all(outputs.map((output) => readFresh(output)));
    expect(withoutPadding(states!, batch)).toBeAllClose(
      withoutPadding(golden.get('encoder_states')!, batch),
      close,
    );
    expect(logits!).toBeAllClose(golden.get('logits')!, close);
    expect(mean![0]).toBeCloseTo(numbers.loss, 4);
    tf.dispose(outputs);
  });

  test.each(FLAVOURS)('%s: every gradient of full training', async (flavour) => {
    const { config, weights } = await loadGoldenModel(flavour);
    const golden = await goldenTensors(flavour);
    const batch = goldenBatch(golden);
    const variables = new Map([...weights].map(([name, tensor]) => [name, copyToVariable(tensor)]));
    const pass = inferencePass(config, variables);
    const found = await gradients(variables, () => loss(pass, uploadBatch(batch), batch.labelTokenCount));
    expect(found.size).toBe(weights.size);
    for (const [name, values] of found) {
      expect(values).toBeAllClose(golden.get(`gradient.${name}`)!, close);
    }
  });

  test.each(FLAVOURS)(
    '%s: logits with an adapter written by peft, and every LoRA gradient',
    async (flavour) => {
      const { config, weights } = await loadGoldenModel(flavour);
      const golden = await goldenTensors(flavour);
      const batch = goldenBatch(golden);
      const adapter = await loadGoldenAdapter(flavour, config, weights);
      const pass = inferencePass(config, weights, adapter);
      const logits = tf.tidy(() => forward(pass, uploadBatch(batch)));
      expect(await readFresh(logits)).toBeAllClose(golden.get('lora.logits')!, close);
      logits.dispose();

      const found = await gradients(adapter.variables, () =>
        loss(pass, uploadBatch(batch), batch.labelTokenCount),
      );
      const wanted = [...golden.keys()].filter((name) => name.startsWith('lora.gradient.'));
      expect(found.size).toBe(wanted.length);
      for (const [name, values] of found) {
        // LoRA gradients here reach 50: an absolute 1e-4 is 2e-6 of that.
        expect(values).toBeAllClose(golden.get(`lora.gradient.${name}`)!, { atol: 1e-4, rtol: 1e-4 });
      }

      const off = tf.tidy(() => forward(inferencePass(config, weights, adapter, 0), uploadBatch(batch)));
      expect(await readFresh(off)).toBeAllClose(golden.get('logits')!, close);
      off.dispose();
    },
  );

  test.each(FLAVOURS)('%s: merged weights equal peft’s and give the adapter’s logits', async (flavour) => {
    const { config, weights } = await loadGoldenModel(flavour);
    const golden = await goldenTensors(flavour);
    const batch = goldenBatch(golden);
    const adapter = await loadGoldenAdapter(flavour, config, weights);
    const { weights: merged, mergedOnly } = mergeAdapter(weights, adapter);
    const [key] = [...golden.keys()].filter((name) => name.startsWith('merged.'));
    const name = key!.slice('merged.'.length);
    expect(mergedOnly).toContain(name);
    expect(await readFresh(weight(merged, name))).toBeAllClose(golden.get(key!)!, { atol: 1e-6, rtol: 1e-5 });
    const logits = tf.tidy(() => forward(inferencePass(config, merged), uploadBatch(batch)));
    expect(await readFresh(logits)).toBeAllClose(golden.get('lora.logits')!, close);
    logits.dispose();
  });

  test.each(['lora', 'full'])(
    'recomputed layers give exactly the gradients of kept ones, with dropout: %s',
    async (method) => {
      const { config, weights } = await loadGoldenModel('gated');
      const batch = goldenBatch(await goldenTensors('gated'));
      const adapter = await loadGoldenAdapter('gated', config, weights);
      const copies = new Map([...weights].map(([name, tensor]) => [name, copyToVariable(tensor)]));
      const variables = method === 'full' ? copies : adapter.variables;
      const passOf = (recomputesBlocks: boolean): ForwardPass => ({
        config,
        weights: method === 'full' ? copies : weights,
        adapter: method === 'full' ? null : { adapter, strength: 1, dropoutRate: 0.1 },
        dropoutRate: 0.1,
        seed: 4,
        recomputesBlocks,
      });
      const before = tf.memory().numTensors;
      const gradientsOf = (pass: ForwardPass) =>
        gradients(variables, () => loss(pass, uploadBatch(batch), 10));
      const kept = await gradientsOf(passOf(false));
      const recomputed = await gradientsOf(passOf(true));
      expect(recomputed.size).toBe(kept.size);
      for (const [name, values] of recomputed)
        expect({ name, values }).toEqual({ name, values: kept.get(name) });
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('dropout: the same seed gives the same loss, another seed another, and about the loss without', async () => {
    const { config, weights } = await loadGoldenModel('gated');
    const batch = goldenBatch(await goldenTensors('gated'));
    const adapter = await loadGoldenAdapter('gated', config, weights);
    const lossWith = async (dropoutRate: number, loraRate: number, seed: number) => {
      const active = { adapter, strength: 1, dropoutRate: loraRate };
      const pass = { config, weights, adapter: active, dropoutRate, seed, recomputesBlocks: false };
      const value = tf.tidy(() => loss(pass, uploadBatch(batch), batch.labelTokenCount));
      const [read] = await readFresh(value);
      value.dispose();
      return read!;
    };
    const plain = await lossWith(0, 0, 1);
    expect(await lossWith(0.1, 0, 1)).toBe(await lossWith(0.1, 0, 1));
    expect(await lossWith(0.1, 0, 1)).not.toBe(await lossWith(0.1, 0, 2));
    expect(await lossWith(0, 0.1, 1)).not.toBe(plain);
    expect(await lossWith(0, 0.1, 1)).not.toBe(await lossWith(0, 0.1, 2));
    expect(Math.abs((await lossWith(0.01, 0.01, 3)) - plain)).toBeLessThan(0.3 * plain);
  });
});

async function gradients(
  variables: ReadonlyMap<string, tf.Variable>,
  compute: () => tf.Scalar,
): Promise<Map<string, Float32Array>> {
  const { value, grads } = tf.variableGrads(compute, [...variables.values()]);
  value.dispose();
  const found = new Map<string, Float32Array>();
  for (const [name, variable] of variables) found.set(name, await readFresh(grads[variable.name]!));
  tf.dispose(grads);
  return found;
}

/** Rows of tokens only: states of padding positions are never looked at. */
function withoutPadding(states: Float32Array, batch: { inputMask: Int32Array }): Float32Array {
  const width = states.length / batch.inputMask.length;
  return states.filter((_, i) => batch.inputMask[Math.floor(i / width)] === 1);
}
