/**
 * Compiles src/engine/simd/assembly to src/engine/simd/simdBytes.ts: `node scripts/buildSimd.mjs`. simdBytes.test.ts fails
 * where the two differ.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { root } from './install.mjs';

const sources = ['products.ts', 'adamw.ts'].map((name) =>
  join(root, 'src', 'engine', 'simd', 'assembly', name),
);
const target = join(root, 'src', 'engine', 'simd', 'simdBytes.ts');

/** The module's bytes in base64, with fused products or without. */
async function compile(isFused) {
  const folder = mkdtempSync(join(tmpdir(), 'graft-simd-'));
  try {
    const out = join(folder, 'module.wasm');
    const { error } = await asc.main([
      ...sources,
      ...`--outFile ${out} -O3 --runtime stub --noAssert --importMemory`.split(' '),
      ...`--use IS_FUSED=${isFused ? 1 : 0} --enable simd${isFused ? ' --enable relaxed-simd' : ''}`.split(
        ' ',
      ),
    ]);
    if (error) throw error;
    return readFileSync(out).toString('base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The content of simdBytes.ts. */
export async function simdBytesText() {
  const [fused, plain] = [await compile(true), await compile(false)];
  return `/** Made from assembly/ by scripts/buildSimd.mjs: the module in base64. */

/** With \`f32x4.relaxed_madd\`, for engines that know relaxed SIMD. */
export const FUSED_MODULE =
  '${fused}';

/** With products and sums apart. */
export const PLAIN_MODULE =
  '${plain}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await simdBytesText());
