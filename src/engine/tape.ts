/** tfjs's tape: the private parts of tfjs-core 4.22 that Graft relies on, in one place; the version is pinned. */
import * as tf from '@tensorflow/tfjs';

interface TapeState {
  activeTape: { saved?: tf.Tensor[] }[] | null;
}

/** Whether what is computed now goes on a tape, so that its gradient may be asked for. */
export function isRecording(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}

/**
 * Runs what takes gradients: should it fail, what its tape keeps is freed, which tfjs does only at the end of a walk; called
 * within a walk it leaves that one's tape in place, which tfjs forgets.
 */
export function withOwnTape<T>(run: () => T): T {
  const { state } = tf.engine() as unknown as { state: TapeState };
  const outer = state.activeTape;
  try {
    return run();
  } catch (error) {
    const own = state.activeTape;
    if (own !== outer) for (const { saved } of own ?? []) tf.dispose(saved ?? []);
    throw error;
  } finally {
    state.activeTape = outer;
  }
}
