/** `npm start`: installs what is missing, builds the page, serves it on this machine and prints the address. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, requireNode, root } from './install.mjs';
import { exitOnSignals, runTool } from './run.mjs';
import { serveFolder } from './serveFolder.mjs';

requireNode();

/** `{port, host}`; throws a sentence for anything else on the command line. */
function readOptions() {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '4173' }, host: { type: 'string', default: 'localhost' } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
  }
  return { port, host: values.host };
}

let options;
try {
  options = readOptions();
} catch (error) {
  console.error(error.message);
  console.error('Usage: npm start -- [--port 4173] [--host localhost]');
  process.exit(1);
}

let served = null;
exitOnSignals(() => {
  if (!served) return undefined;
  served.close();
  console.log('\nStopped.');
  return 0;
});

if (!(await ensureInstalled())) process.exit(1);

const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const built = await runTool(vite, ['build', '--logLevel', 'warn'], { cwd: root });
if (!built.ok) {
  console.error(`The build did not finish: ${built.why}.`);
  process.exit(1);
}

try {
  served = await serveFolder(join(root, 'dist'), options);
} catch (error) {
  console.error(`Could not serve on ${options.host}, port ${options.port}: ${error.message}`);
  process.exit(1);
}
if (options.port !== 0 && served.port !== options.port) {
  console.log(`Port ${options.port} is taken; using ${served.port}.`);
}
console.log(`\nGraft is at ${served.address}`);
if (!['localhost', '127.0.0.1', '::1'].includes(options.host)) {
  console.log(
    'Browsers give WebGPU only to localhost and to https, so other machines will see the slow backend.',
  );
}
console.log('Ctrl-C stops it.');
