import { expect, test } from 'vitest';
import { run } from './run.mjs';

const node = (code, options) => run(process.execPath, ['-e', code], options);

test('a command ends well, with its exit code, by a signal, or never starts', async () => {
  expect(await node('')).toEqual({ ok: true, code: 0, why: '' });
  expect(await node('process.exit(3)')).toEqual({ ok: false, code: 3, why: 'exit code 3' });
  expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({
    ok: false,
    why: 'ended by SIGKILL',
  });
  expect(await run('no-such-command-here', [])).toMatchObject({ ok: false, code: null });
});

test('a command that hangs is stopped at its limit', async () => {
  const outcome = await node('setInterval(() => {}, 1000)', { limitMinutes: 0.005 });
  expect(outcome).toMatchObject({ ok: false, why: 'stopped after its limit of 0.005 minutes' });
});

test('a command gets no standard input', async () => {
  expect((await node('process.stdin.on("end", () => process.exit(5)).resume()')).code).toBe(5);
});
