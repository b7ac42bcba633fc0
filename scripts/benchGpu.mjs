/**
 * `npm run bench:gpu`: the engine in Node on Dawn (npm `webgpu`), for machines with a GPU and no browser.
 *
 *   -- --torch FILE        what bench/gpu/torchBench.py wrote on the same card, side by side
 *   -- --peak-gflops N     the card's float32 peak, from its data sheet: products as a share of it
 *   -- --quick             tiny shapes; runs on a software adapter, its figures mean nothing
 *   -- --json FILE         the report
 *   -- --markdown FILE     the table, to be committed as bench/gpu/README.md's
 *
 * GRAFT_TEST_GPU=1 takes the machine's own Vulkan driver even where a Chromium with SwiftShader is installed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { gpuTable } from './benchGpuTable.mjs';
import { root } from './install.mjs';

const { values: asked } = parseArgs({
  options: {
    torch: { type: 'string' },
    'peak-gflops': { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
});

try {
  const server = await createServer({
    root,
    server: { middlewareMode: true },
    appType: 'custom',
    logLevel: 'warn',
  });
  const { gpuBench } = await server.ssrLoadModule(join(root, 'bench', 'gpu', 'gpuBench.ts'));
  const report = await gpuBench(asked.quick);
  const torch = asked.torch ? JSON.parse(readFileSync(asked.torch, 'utf8')) : null;
  const peak = Number(asked['peak-gflops'] ?? torch?.peakGflops ?? 0);
  const table = gpuTable(report, torch, peak);
  console.log(`${report.checkedKernels} kernels at random sizes equal their references.\n\n${table}`);
  if (report.isSoftware) console.log('\nA software adapter: these figures say nothing about a GPU.');
  if (asked.json) writeFileSync(asked.json, `${JSON.stringify(report, null, 2)}\n`);
  if (asked.markdown) writeFileSync(asked.markdown, `${table}\n`);
  process.exit(0); // Dawn's device would keep Node alive
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
