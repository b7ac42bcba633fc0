import type { Page } from '@playwright/test';

/** A file to drop: its text or its bytes, and the media type a browser would give it. */
export interface DroppedFile {
  name: string;
  content: string | Uint8Array;
  type?: string;
}

/**
 * Drops files on the first element that matches `selector`, as a person's mouse would: one DataTransfer, made in the
 * page, through dragenter, dragover and drop. Bytes go in unchanged, so encodings and broken files can be tested.
 */
export async function dropFiles(page: Page, selector: string, files: readonly DroppedFile[]): Promise<void> {
  const wired = files.map(({ name, content, type = '' }) => ({
    name,
    type,
    base64: Buffer.from(content).toString('base64'),
  }));
  const dataTransfer = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    return transfer;
  }, wired);
  const target = page.locator(selector).first();
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer });
  await dataTransfer.dispose();
}
