/** Work of a run that a person may stop before it trains. */
import type { Job } from '../lib/progress.ts';

/** What the work gives, or nothing where the job was aborted. */
export async function unlessAborted<T>({ signal }: Job, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    throw error;
  }
}
