import type { Download } from '@playwright/test';
import { readFile } from 'node:fs/promises';

/** The bytes of a finished download; throws with the browser's reason when it did not finish. */
export async function readDownload(download: Download): Promise<Uint8Array> {
  const failure = await download.failure();
  if (failure) throw new Error(`The download of ${download.suggestedFilename()} failed: ${failure}`);
  return new Uint8Array(await readFile(await download.path()));
}
