/**
 * Typed calls between the page and its workers. One interface of async methods describes a worker; both sides are
 * checked against it. A call carries progress and can be aborted; events flow from the worker at any time.
 */
import { ProblemError, toProblem, type Problem } from '../lib/problem.ts';
import type { Job, Progress } from '../lib/progress.ts';

/** A method takes one plain request and a job, and answers with a plain value. */
type Method = (request: never, job: Job) => Promise<unknown>;

/** An interface whose members are all methods of that form. */
export type Api<A> = { [K in keyof A]: Method };

type Request<A extends Api<A>, K extends keyof A> = Parameters<A[K]>[0];
type Answer<A extends Api<A>, K extends keyof A> = Awaited<ReturnType<A[K]>>;

/** The three members of a Worker, a DedicatedWorkerGlobalScope and a MessagePort that are used here. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  start?(): void;
}

type ToWorker =
  { kind: 'call'; id: number; method: string; request: unknown } | { kind: 'abort'; id: number };
type FromWorker =
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; problem: Problem; isAbort: boolean }
  | { kind: 'progress'; id: number; progress: Progress }
  | { kind: 'event'; event: unknown };

/** Thrown on the calling side when a call was aborted. */
export class AbortedError extends Error {
  constructor() {
    super('The work was stopped.');
    this.name = 'AbortError';
  }
}

/** Whether an error means "stopped on request", on either side of the boundary. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

const transfers = new WeakMap<object, Transferable[]>();

/** Marks buffers of a returned value to be moved instead of copied. */
export function transfer<T extends object>(value: T, buffers: Transferable[]): T {
  transfers.set(value, buffers);
  return value;
}

/** Runs on the worker's side: answers calls with `api`; returns a function that sends events. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name the events of their worker
export function serve<A extends Api<A>, E>(port: Port, api: A): (event: E) => void {
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker, buffers: Transferable[] = []) => port.postMessage(message, buffers);

  const answer = async (id: number, method: string, request: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const known: Record<string, (request: unknown, job: Job) => Promise<unknown>> = api as never;
      const run = Object.hasOwn(known, method) ? known[method] : undefined;
      if (run === undefined) throw new Error(`This worker has no method "${method}".`);
      const value = await run(request, {
        signal: controller.signal,
        onProgress: (progress) => post({ kind: 'progress', id, progress }),
      });
      const buffers = typeof value === 'object' && value !== null ? transfers.get(value) : undefined;
      post({ kind: 'answer', id, value }, buffers);
    } catch (error) {
      // Others reject with AbortError too: reading from a lost device, for one. Only what was asked for is a stop.
      const wasAsked = controller.signal.aborted && isAbort(error);
      if (!wasAsked && !(error instanceof ProblemError)) console.warn(error);
      post({ kind: 'failure', id, problem: toProblem(error), isAbort: wasAsked });
    } finally {
      running.delete(id);
    }
  };

  port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === 'abort') running.get(data.id)?.abort(new AbortedError());
    else void answer(data.id, data.method, data.request);
  });
  port.start?.();
  return (event) => post({ kind: 'event', event });
}

/** What a call may be given besides its request. */
export interface CallOptions extends Job {
  /** Buffers inside the request that move to the worker. */
  transfer?: Transferable[];
}

/** The page's side of a worker. */
export interface Connection<A extends Api<A>, E> {
  /** Calls a method; rejects with ProblemError, or AbortedError once `signal` aborted it. */
  call<K extends keyof A & string>(
    method: K,
    request: Request<A, K>,
    options?: CallOptions,
  ): Promise<Answer<A, K>>;
  onEvent(listener: (event: E) => void): void;
  /** Fails every open call; used when the worker died. */
  fail(problem: Problem): void;
}

interface OpenCall {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** Runs on the page's side of a port. */
export function connect<A extends Api<A>, E>(port: Port): Connection<A, E> {
  const open = new Map<number, OpenCall>();
  const listeners: ((event: E) => void)[] = [];
  let nextId = 1;

  port.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === 'event') {
      for (const listener of listeners) listener(data.event as E);
      return;
    }
    const call = open.get(data.id);
    if (call === undefined) return;
    switch (data.kind) {
      case 'progress':
        call.onProgress?.(data.progress);
        return;
      case 'answer':
        open.delete(data.id);
        call.resolve(data.value);
        return;
      case 'failure':
        open.delete(data.id);
        call.reject(data.isAbort ? new AbortedError() : new ProblemError(data.problem));
    }
  });
  port.start?.();

  return {
    call<K extends keyof A & string>(method: K, request: Request<A, K>, options: CallOptions = {}) {
      const id = nextId++;
      const { signal, onProgress } = options;
      return new Promise<Answer<A, K>>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(new AbortedError());
          return;
        }
        open.set(id, { resolve: resolve as (value: unknown) => void, reject, onProgress });
        signal?.addEventListener('abort', () => port.postMessage({ kind: 'abort', id } satisfies ToWorker), {
          once: true,
        });
        port.postMessage({ kind: 'call', id, method, request } satisfies ToWorker, options.transfer);
      });
    },
    onEvent: (listener) => listeners.push(listener),
    fail: (problem) => {
      for (const call of open.values()) call.reject(new ProblemError(problem));
      open.clear();
    },
  };
}
