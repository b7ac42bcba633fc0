/** Golden JSON files, for tests that need no tensors. */
import { readFileSync } from 'node:fs';

/** Path of a golden file. */
export function goldenPath(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

/** A golden JSON file. */
export function goldenJson(name: string): unknown {
  return JSON.parse(readFileSync(goldenPath(name), 'utf8'));
}
