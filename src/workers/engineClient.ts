/** The page's handle on the engine worker: started on first use, started anew after it died. */
import type { Problem } from '../lib/problem.ts';
import type { EngineApi, EngineEvent } from './protocol.ts';
import { connect, type Connection } from './rpc.ts';

let current: { worker: Worker; connection: Connection<EngineApi, EngineEvent> } | undefined;
const listeners: ((event: EngineEvent) => void)[] = [];

/** The connection to the engine worker. */
export function engine(): Connection<EngineApi, EngineEvent> {
  if (current === undefined) {
    const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), {
      type: 'module',
      name: 'graft-engine',
    });
    const connection = connect<EngineApi, EngineEvent>(worker);
    for (const listener of listeners) connection.onEvent(listener);
    worker.addEventListener('error', (event) => {
      const problem: Problem = {
        code: 'engine-died',
        message: `The engine stopped: ${reasonOf(event)}.`,
        fix: 'Load the model again; an interrupted run resumes from its last checkpoint.',
      };
      restartEngine(problem);
      for (const listener of listeners) listener({ kind: 'deviceLost', problem });
    });
    current = { worker, connection };
  }
  return current.connection;
}

/** Listens to the engine's events, over restarts. */
export function onEngineEvent(listener: (event: EngineEvent) => void): void {
  listeners.push(listener);
  current?.connection.onEvent(listener);
}

/** Ends the worker and everything on its device; open calls fail with `problem`, the next call starts a fresh one. */
export function restartEngine(problem: Problem): void {
  const ended = current;
  current = undefined;
  ended?.worker.terminate();
  ended?.connection.fail(problem);
}

/** A worker that could not be loaded at all gives no message. */
function reasonOf({ message }: ErrorEvent): string {
  return typeof message === 'string' && message !== '' ? message : 'its code could not be loaded';
}
