import { expect, test } from 'vitest';
import { openDevice, type Device } from '../engine/device.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import { prepareHalfProducts, type HalfProductWork } from './halfProducts.ts';

const verdict = { op: 'linear', sizes: '8×8' } as OpVerdict;

/** A device that has kernels for 16 bits, as far as its description goes. */
async function gpu(): Promise<Device> {
  return { ...(await openDevice('cpu')), kind: 'webgpu', isSoftware: false, name: 'Test GPU' };
}

/** Work that counts its calls and finds `verdicts`. */
function workThatFinds(...verdicts: OpVerdict[]) {
  const calls = { tune: 0, check: 0 };
  const work: HalfProductWork = {
    canMultiply: () => true,
    tune: async () => void calls.tune++,
    check: async ({ signal, onProgress }) => {
      calls.check++;
      for (const done of verdicts.keys()) {
        signal?.throwIfAborted();
        onProgress?.({ phase: 'Checking kernels', done, total: verdicts.length, unit: 'kernels' });
      }
      return verdicts;
    },
  };
  return { work, calls };
}

test('a device that multiplies in 32 bits only is refused, with the setting to change', async () => {
  const device = await openDevice('cpu');
  await expect(prepareHalfProducts(device, {})).rejects.toMatchObject({
    problem: {
      code: 'fp16-unsupported',
      message: expect.stringContaining(device.name) as string,
    },
  });
});

test('kernels are chosen and checked once for each device, with a count', async () => {
  const { work, calls } = workThatFinds(verdict, verdict);
  const [first, second] = [await gpu(), await gpu()];
  const counts: number[] = [];
  for (const device of [first, first, second]) {
    await prepareHalfProducts(device, { onProgress: ({ done }) => counts.push(done) }, work);
  }
  expect(calls).toEqual({ tune: 2, check: 2 });
  expect(counts).toEqual([0, 1, 0, 1]);
});

test('a kernel that computes wrongly is named, each time', async () => {
  const { work } = workThatFinds(verdict, { ...verdict, op: 'attention', fault: 'is off by 1' });
  const device = await gpu();
  for (let i = 0; i < 2; i++) {
    await expect(prepareHalfProducts(device, {}, work)).rejects.toMatchObject({
      problem: {
        code: 'device-computes-wrongly',
        message: expect.stringContaining('in attention (8×8) is off by 1') as string,
      },
    });
  }
});

test('stopped, it ends without a verdict, and the next run checks again', async () => {
  const { work, calls } = workThatFinds(verdict);
  const device = await gpu();
  const stop = new AbortController();
  stop.abort();
  await prepareHalfProducts(device, { signal: stop.signal }, work);
  await prepareHalfProducts(device, {}, work);
  expect(calls.check).toBe(2);
});

test('what else goes wrong while it checks is told', async () => {
  const { work } = workThatFinds(verdict);
  const lost = { ...work, check: () => Promise.reject(new Error('lost')) };
  await expect(prepareHalfProducts(await gpu(), {}, lost)).rejects.toThrow('lost');
});
