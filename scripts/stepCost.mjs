/**
 * What a training step costs in JavaScript and in GPU commands, issued anew and replayed, for the starter's shapes:
 * `node scripts/stepCost.mjs`; for others: `node scripts/stepCost.mjs MODEL [STEPS [METHODS [narrow]]]`.
 * Runs on Dawn (npm `webgpu`); times are those of this machine's processor and do not depend on its GPU.
 */
import { runnerImport } from 'vite';

const { module } = await runnerImport('./bench/stepCost.ts');
console.table(module.rows);
process.exit(0); // Dawn's device would keep Node alive
