/** Work that comes again and again with the same shapes: recorded twice, then replayed. */
import type * as tf from '@tensorflow/tfjs';
import { BufferPlan } from '../bufferPlan.ts';
import { settlePool } from '../memory.ts';
import { bufferPool, isWebgpu, submitRecorded } from '../runtime.ts';
import { recordCommands } from './commandRecorder.ts';
import type { Recording, Surroundings } from './recording.ts';
import { MOST_RECORDED_BYTES } from './recordedBytes.ts';
import type { StepInputs } from './stepInputs.ts';

/** Kept for at most so many keys, those used last. */
const mostKeys = 64;
/** Recordings of a key that all differ, after which it is no longer tried. */
const mostFailures = 6;

interface Entry {
  readonly fingerprint: number;
  /** Only of work that said twice the same. */
  readonly recording: Recording | null;
  readonly failures: number;
}

/** How often work was done in either way. */
export interface ReplayCounts {
  plain: number;
  replayed: number;
}

export class Replays {
  readonly counts: ReplayCounts = { plain: 0, replayed: 0 };
  private readonly surroundings: Surroundings;
  private readonly entries = new Map<string, Entry>();
  private readonly plan = new BufferPlan();

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /**
   * What `work` returns and does, by its recorded commands where that is possible. `key` names everything that decides which
   * commands it issues; `inputs` is all that differs between two runs under one key. A recording is trusted once two runs
   * issued the same commands, inputs apart, and as long as all that it refers to is where it was.
   */
  run(key: string, inputs: StepInputs, work: () => tf.Tensor[]): tf.Tensor[] {
    if (!isWebgpu()) return work();
    submitRecorded();
    const entry = this.entries.get(key);
    this.entries.delete(key); // the last in order is the last used
    if (entry?.recording?.fits() === true) {
      this.entries.set(key, entry);
      this.counts.replayed++;
      return entry.recording.replay(inputs);
    }
    this.counts.plain++;
    settlePool();
    entry?.recording?.dispose();
    if (entry !== undefined && entry.failures >= mostFailures) {
      this.entries.set(key, entry);
      return this.planned(key, work);
    }
    const { outputs, recording, fingerprint } = recordCommands(inputs, this.surroundings, () =>
      this.planned(key, work),
    );
    const isAgain = entry?.fingerprint === fingerprint && recording !== null;
    if (!isAgain) recording?.dispose();
    this.entries.set(key, {
      fingerprint,
      recording: isAgain ? recording : null,
      failures: isAgain ? 0 : (entry?.failures ?? 0) + 1,
    });
    this.trim();
    return outputs;
  }

  /** Gives back what recordings own. */
  dispose(): void {
    if (isWebgpu()) submitRecorded();
    for (const { recording } of this.entries.values()) recording?.dispose();
    this.entries.clear();
  }

  /** Work whose tensors get their buffers by the plan. */
  private planned(key: string, work: () => tf.Tensor[]): tf.Tensor[] {
    return bufferPool().follow(this.plan, key, () => {
      const outputs = work();
      submitRecorded(); // gives back what the work has disposed, while the plan still looks
      return outputs;
    });
  }

  private trim(): void {
    let ownBytes = 0;
    for (const { recording } of this.entries.values()) ownBytes += recording?.ownBytes ?? 0;
    for (const [key, { recording }] of this.entries) {
      const isWithin = this.entries.size <= mostKeys && ownBytes <= MOST_RECORDED_BYTES;
      if (isWithin || this.entries.size === 1) return;
      this.entries.delete(key);
      ownBytes -= recording?.ownBytes ?? 0;
      recording?.dispose();
    }
  }
}
