import { describe, expect, it } from 'vitest';
import type { T5Config } from '../engine/t5/config.ts';
import { DEFAULT_RUN_CONFIG } from '../training/presets.ts';
import {
  deviceBlocker,
  estimateMemory,
  plannedRateAt,
  remainingMs,
  stepFacts,
  trainableFacts,
} from './runFacts.ts';

/** flan-t5-small's config.json. */
const flanSmall: T5Config = {
  dModel: 512,
  dKv: 64,
  dFf: 1024,
  numHeads: 6,
  numLayers: 8,
  numDecoderLayers: 8,
  vocabSize: 32128,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  dropoutRate: 0.1,
  feedForwardProj: 'gated-gelu',
  tieWordEmbeddings: false,
  padTokenId: 0,
  eosTokenId: 1,
  decoderStartTokenId: 0,
};

describe('the device', () => {
  const gpu = { kind: 'webgpu', isSoftware: false, features: ['shader-f16'] } as const;
  const half = { ...DEFAULT_RUN_CONFIG, fp16: true };

  it('runs in 16 bits where it can, and any device in 32', () => {
    expect(deviceBlocker(half, gpu)).toBeUndefined();
    expect(deviceBlocker(DEFAULT_RUN_CONFIG, { ...gpu, kind: 'wasm', features: [] })).toBeUndefined();
  });

  it.each([{ kind: 'wasm' }, { isSoftware: true }, { features: [] }] as const)(
    'with %o runs in 32 bits only',
    (change) => {
      expect(deviceBlocker(half, { ...gpu, ...change })).toContain('Switch off 16-bit products');
    },
  );
});

describe('facts of a run', () => {
  it('counts what PEFT counts for r 8 on q and v', () => {
    const lora = { ...DEFAULT_RUN_CONFIG.lora, r: 8, targets: ['q', 'v'] };
    const facts = trainableFacts(flanSmall, { ...DEFAULT_RUN_CONFIG, lora });
    // print_trainable_parameters() of peft 0.18 with flan-t5-small: 344,064 || all params: 77,305,216.
    expect(facts.trainable).toBe(344_064);
    expect(facts.total).toBe(76_961_152);
    expect(facts.matrixCount).toBe(48);
    expect(facts.groups).toEqual([{ inSize: 512, outSize: 384, count: 48, modules: ['q', 'v'] }]);
    const sum = facts.groups.reduce(
      (total, { inSize, outSize, count }) => total + 8 * (inSize + outSize) * count,
      0,
    );
    expect(sum).toBe(facts.trainable);
  });

  it('counts steps by epochs and by the step limit', () => {
    const config = { ...DEFAULT_RUN_CONFIG, batchSize: 8, epochs: 10, maxSteps: 0 };
    expect(stepFacts(config, 125)).toEqual({ stepsPerEpoch: 16, totalSteps: 160, rowsSeen: 1250 });
    expect(stepFacts({ ...config, maxSteps: 40 }, 125).totalSteps).toBe(40);
  });

  it('plans the rate of the scheduler, counting steps from 1', () => {
    const config = { ...DEFAULT_RUN_CONFIG, learningRate: 1, warmupSteps: 2, schedule: 'linear' as const };
    expect(plannedRateAt(config, 6, 1)).toBe(0);
    expect(plannedRateAt(config, 6, 3)).toBe(1);
    expect(plannedRateAt(config, 6, 6)).toBeCloseTo(0.25, 12);
  });

  it('needs more memory for more rows and full training, less for packed weights', () => {
    const length = { inputTokens: 256, targetTokens: 64 };
    const base = estimateMemory(flanSmall, DEFAULT_RUN_CONFIG, length);
    expect(base.weightBytes).toBe(4 * 76_961_152);
    expect(base.totalBytes).toBe(base.weightBytes + base.trainingBytes + base.activationBytes);
    expect(base.recomputesLayers).toBe(true);
    const doubled = estimateMemory(flanSmall, { ...DEFAULT_RUN_CONFIG, batchSize: 16 }, length);
    expect(doubled.activationBytes).toBeGreaterThan(1.5 * base.activationBytes);
    const full = estimateMemory(flanSmall, { ...DEFAULT_RUN_CONFIG, method: 'full' }, length);
    expect(full.trainingBytes).toBeGreaterThanOrEqual(16 * 76_961_152);
    const packed = estimateMemory(flanSmall, DEFAULT_RUN_CONFIG, length, 2 * 76_961_152);
    expect(packed.weightBytes / base.weightBytes).toBeCloseTo(0.5, 2);
  });

  it('tells the time left from recent steps', () => {
    const metrics = (step: number, stepMs: number) => ({
      step,
      epoch: 0,
      loss: 1,
      learningRate: 0,
      gradNorm: 1,
      tokenCount: 1,
      gpuBytes: 0,
      stepMs,
    });
    const steps = [metrics(1, 5000), metrics(2, 100), metrics(3, 100)];
    expect(remainingMs({ steps, totalSteps: 13 })).toBe(1000);
    expect(remainingMs({ steps: steps.slice(0, 2), totalSteps: 13 })).toBeUndefined();
  });
});
