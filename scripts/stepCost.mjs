/**
 * What a training step costs in JavaScript and in GPU commands, for the starter's shapes: `node scripts/stepCost.mjs`.
 * Runs on Dawn (npm `webgpu`); times are those of this machine's processor and do not depend on its GPU.
 */
import { runnerImport } from 'vite';

const { module } = await runnerImport('./bench/stepCost.ts');
console.table(module.rows);
process.exit(0); // Dawn's device would keep Node alive
