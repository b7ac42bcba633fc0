/**
 * Writes our ids for a file of cases: node src/test/golden/generation/dumpIds.mjs REQUEST.json ANSWERS.json
 * REQUEST is {modelFolder, backend, prompts, options} with transformers' option names; ANSWERS is [options][prompt][ids].
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'vite';

const [requestPath, answersPath] = process.argv.slice(2);
const vite = await createServer({
  configFile: false,
  root: process.cwd(),
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { generateIds } = await vite.ssrLoadModule('/src/test/generateIds.ts');
const { fromPython } = await vite.ssrLoadModule('/src/test/golden/generation/decodingCase.ts');
const request = JSON.parse(readFileSync(requestPath, 'utf8'));
const answers = await generateIds({ ...request, options: request.options.map(fromPython) });
writeFileSync(answersPath, JSON.stringify(answers));
await vite.close();
process.exit(0); // Dawn keeps the process alive
