import { afterEach, describe, expect, it } from 'vitest';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { connect, isAbort, serve, transfer } from './rpc.ts';

interface EchoApi {
  double(request: { values: Float32Array }, job: Job): Promise<{ values: Float32Array }>;
  count(request: { to: number }, job: Job): Promise<number>;
  refuse(request: { file: string }, job: Job): Promise<never>;
}

const api: EchoApi = {
  double: async ({ values }) => {
    const doubled = values.map((value) => 2 * value);
    return transfer({ values: doubled }, [doubled.buffer]);
  },
  count: async ({ to }, { signal, onProgress }) => {
    for (let done = 0; done < to; done++) {
      signal?.throwIfAborted();
      onProgress?.({ phase: 'Counting', done, total: to, unit: 'rows' });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return to;
  },
  refuse: async ({ file }) => {
    throw new ProblemError({ code: 'no', message: 'It is empty.', fix: 'Drop another.', file, row: 3 });
  },
};

const channels: MessageChannel[] = [];
function open() {
  const channel = new MessageChannel();
  channels.push(channel);
  const emit = serve<EchoApi, { tick: number }>(channel.port1, api);
  return { emit, client: connect<EchoApi, { tick: number }>(channel.port2) };
}
afterEach(() => {
  for (const channel of channels.splice(0)) {
    channel.port1.close();
    channel.port2.close();
  }
});

describe('calls between page and worker', () => {
  it('answers with the value and moves the buffers asked for', async () => {
    const { client } = open();
    const values = new Float32Array([1, 2, 3]);
    const answer = await client.call('double', { values }, { transfer: [values.buffer] });
    expect([...answer.values]).toEqual([2, 4, 6]);
    expect(values.length).toBe(0);
  });

  it('reports progress while it works', async () => {
    const { client } = open();
    const seen: number[] = [];
    await client.call('count', { to: 3 }, { onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([0, 1, 2]);
  });

  it('stops a running call when it is aborted', async () => {
    const { client } = open();
    const controller = new AbortController();
    const call = client.call(
      'count',
      { to: 100_000 },
      { signal: controller.signal, onProgress: ({ done }) => done === 2 && controller.abort() },
    );
    const error = await call.catch((reason: unknown) => reason);
    expect(isAbort(error)).toBe(true);
  });

  it('carries a problem over with its file and row', async () => {
    const { client } = open();
    const error = await client.call('refuse', { file: 'a.csv' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).problem).toMatchObject({ code: 'no', file: 'a.csv', row: 3 });
  });

  it('delivers events in order', async () => {
    const { client, emit } = open();
    const ticks: number[] = [];
    client.onEvent(({ tick }) => ticks.push(tick));
    emit({ tick: 1 });
    emit({ tick: 2 });
    await client.call('count', { to: 1 });
    expect(ticks).toEqual([1, 2]);
  });

  it('fails every open call when the worker dies', async () => {
    const { client } = open();
    const call = client.call('count', { to: 100_000 });
    client.fail({ code: 'worker-died', message: 'The worker stopped.', fix: 'Reload the page.' });
    await expect(call).rejects.toBeInstanceOf(ProblemError);
  });
});
