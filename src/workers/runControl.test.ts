import { describe, expect, it } from 'vitest';
import { makeRunControl } from './runControl.ts';

const settles = async (promise: Promise<void>): Promise<boolean> => {
  let isSettled = false;
  void promise.then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  return isSettled;
};

describe('steering a run', () => {
  it('runs freely until paused, and again once resumed', async () => {
    const control = makeRunControl('a');
    expect(await settles(control.whenRunning())).toBe(true);
    control.pause();
    const waiting = control.whenRunning();
    expect(await settles(waiting)).toBe(false);
    control.resume();
    expect(await settles(waiting)).toBe(true);
    expect(control.stop.aborted).toBe(false);
  });

  it('can be ended out of a pause', async () => {
    const control = makeRunControl('a');
    control.pause();
    const waiting = control.whenRunning();
    control.end();
    expect(await settles(waiting)).toBe(true);
    expect(control.stop.aborted).toBe(true);
  });
});
