/**
 * What products, and steps of the starter's shapes, cost on a software adapter in time of the processor, for machines that
 * are busy with other work: `node scripts/processorTime.mjs [products|steps [ROUNDS [MxKxN,…]]]`. Linux, on Dawn (npm `webgpu`).
 */
import { runnerImport } from 'vite';

const { module } = await runnerImport('./bench/processorTime.ts');
console.table(module.rows);
process.exit(0); // Dawn's device would keep Node alive
