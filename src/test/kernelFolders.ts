/** The folders of ops that run a kernel. */
import { readdirSync, readFileSync } from 'node:fs';

const opsFolder = new URL('../engine/ops/', import.meta.url);

/** Names of the folders in which a source starts a kernel or holds the text of one. */
export function kernelFolders(): string[] {
  const entries = readdirSync(opsFolder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && runsKernel(entry.name)).map(({ name }) => name);
}

function runsKernel(folder: string): boolean {
  const url = new URL(`${folder}/`, opsFolder);
  const sources = readdirSync(url).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return sources.some((name) => /\brunKernel\(|wgsl/u.test(name + readFileSync(new URL(name, url), 'utf8')));
}
