/**
 * Losses of LoRA on the starter with its frozen matrices in 32, 16 and 8 bits, the same rows and masks in all three:
 * `node scripts/precisionTraces.mjs [STEPS]` (50). Runs on Dawn (npm `webgpu`).
 */
import { runnerImport } from 'vite';

const { module } = await runnerImport('./bench/precisionTraces.ts');
console.table(module.rows);
process.exit(0); // Dawn's device would keep Node alive
