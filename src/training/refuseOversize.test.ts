import { describe, expect, it } from 'vitest';
import { ProblemError } from '../lib/problem.ts';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { memoryRequest } from './memoryRequest.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import { largestBatch, refuseOversize, type MemoryLimits } from './refuseOversize.ts';

const batch = { size: 8, inputLength: 512, labelLength: 128 };
const gpu = (tensorBytes: number): MemoryLimits => ({ kind: 'webgpu', tensorBytes });
const wasm: MemoryLimits = { kind: 'wasm', tensorBytes: Infinity };

function problemOf(method: 'lora' | 'full', limits: MemoryLimits, size = 8) {
  const run = { ...DEFAULT_RUN_CONFIG, method };
  try {
    refuseOversize(memoryRequest(FLAN_T5_BASE, run, { ...batch, size }, 4), limits);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  return undefined;
}

describe('runs too large for the device', () => {
  it('lets a run pass that fits', () => {
    expect(problemOf('lora', gpu(2 ** 30))).toBeUndefined();
    expect(problemOf('lora', wasm, 1)).toBeUndefined();
  });

  it('says how large the largest tensor is, what is allowed and what to change', () => {
    const problem = problemOf('lora', gpu(64 * 2 ** 20));
    expect(problem?.code).toBe('run-tensor-too-large');
    expect(problem?.message).toContain('8 rows with up to 512 input and 128 target tokens');
    expect(problem?.fix).toContain('batch size to 4');
    expect(problemOf('full', gpu(64 * 2 ** 20), 1)?.fix).toBe(
      'Use LoRA instead of full training. Shorten the longest input.',
    );
  });

  it('knows the end of the heap on WASM', () => {
    expect(problemOf('full', wasm)?.code).toBe('run-too-large-for-wasm');
  });

  it('plans for the longest rows, padded as they will be', () => {
    const tokens = {
      exampleCount: 3,
      inputIds: new Int32Array(150),
      inputOffsets: Uint32Array.of(0, 10, 140, 150),
      labelIds: new Int32Array(12),
      labelOffsets: Uint32Array.of(0, 2, 6, 12),
    };
    expect(largestBatch(tokens, 8)).toEqual({ size: 3, inputLength: 192, labelLength: 8 });
  });
});
