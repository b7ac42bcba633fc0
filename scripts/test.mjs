/**
 * `npm test`: installs what is missing, finds a browser, runs every check, and ends with `N passed, N failed`.
 * Each static check counts as one; each unit test and each journey as one. A step that breaks off counts as failed.
 * `npm test -- --only unit` (or `--only types,lint`) runs a part.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBrowser } from './findBrowser.mjs';
import { ensureInstalled, requireNode, root } from './install.mjs';
import { tallyJourneys } from './journeyTally.mjs';
import { exitOnSignals, runTool } from './run.mjs';
import { tallyPath } from './vitestTally.mjs';

requireNode();
process.chdir(root);
exitOnSignals();

const journeysPath = 'test-results/journeys.json';

/** The limits add up to less than ninety minutes, so that a hanging step still ends with a count. */
const steps = [
  { name: 'types', tool: 'typescript/bin/tsc', args: ['--noEmit'], limitMinutes: 5 },
  { name: 'lint', tool: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings'], limitMinutes: 5 },
  { name: 'format', tool: 'prettier/bin/prettier.cjs', args: ['--check', '.'], limitMinutes: 3 },
  {
    name: 'unit',
    tool: 'vitest/vitest.mjs',
    args: ['run', '--reporter=default', '--reporter=./scripts/vitestTally.mjs'],
    limitMinutes: 15,
    tallyPath,
    readTally: (tally) => tally,
  },
  { name: 'build', tool: 'vite/bin/vite.js', args: ['build', '--logLevel', 'warn'], limitMinutes: 5 },
  { name: 'bundle', script: 'scripts/checkBundle.mjs', args: [], limitMinutes: 1, needs: ['build'] },
  {
    name: 'journeys',
    tool: '@playwright/test/cli.js',
    args: ['test'],
    limitMinutes: 45,
    needs: ['build', 'browser'],
    tallyPath: journeysPath,
    readTally: tallyJourneys,
  },
];

/** The steps that were asked for, with the build when one of them looks at what was built. */
function chooseSteps() {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } });
  const only = values.only.flatMap((names) => names.split(','));
  const unknown = only.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `No step is called ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}.`,
    );
  }
  if (only.length === 0) return steps;
  const wanted = steps.filter((step) => only.includes(step.name));
  const needed = new Set(wanted.flatMap((step) => step.needs ?? []));
  return steps.filter((step) => wanted.includes(step) || needed.has(step.name));
}

const failedTally = (sentence) => ({ passed: 0, failed: [sentence], skipped: [] });

/** What a step that counts its own tests wrote down, checked against how it ended. */
function readTally(step, outcome) {
  let tally;
  try {
    tally = step.readTally(JSON.parse(readFileSync(step.tallyPath, 'utf8')));
  } catch {
    return failedTally(`${step.name} left no result: ${outcome.why || 'nothing was written'}`);
  }
  if (!outcome.ok && tally.failed.length === 0) tally.failed.push(`${step.name}: ${outcome.why}`);
  if (tally.passed + tally.failed.length === 0) tally.failed.push(`${step.name} ran no test`);
  return tally;
}

async function runStep(step, missing, env) {
  if (missing) return failedTally(`${step.name} did not run: ${missing}`);
  if (step.tallyPath) rmSync(step.tallyPath, { force: true });
  const entry = step.script ?? join('node_modules', step.tool);
  const outcome = await runTool(entry, step.args, { limitMinutes: step.limitMinutes, env });
  if (step.tallyPath) return readTally(step, outcome);
  return outcome.ok ? { passed: 1, failed: [], skipped: [] } : failedTally(`${step.name}: ${outcome.why}`);
}

function closeWith(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

let chosen;
try {
  chosen = chooseSteps();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

if (!(await ensureInstalled())) {
  console.log('\nThe packages could not be installed, so nothing ran.');
  closeWith(0, 1);
}
mkdirSync('test-results', { recursive: true });

const env = {};
const absent = new Map();
if (chosen.some(({ name }) => name === 'journeys' || name === 'unit')) {
  const browser = await findBrowser().catch((error) => {
    console.log(`  The search broke off: ${error.message}`);
    return null;
  });
  if (browser) env.CHROME_PATH = browser;
  else absent.set('browser', 'no browser was found');
}

const results = [];
for (const step of chosen) {
  console.log(`\n── ${step.name} ${'─'.repeat(Math.max(0, 60 - step.name.length))}`);
  const missing = step.needs?.map((need) => absent.get(need)).find(Boolean);
  const startMs = Date.now();
  const tally = await runStep(step, missing, env);
  if (tally.failed.length > 0) absent.set(step.name, `the ${step.name} failed`);
  results.push({ name: step.name, tally, seconds: (Date.now() - startMs) / 1000 });
}

console.log(`\n── summary ${'─'.repeat(53)}`);
for (const { name, tally, seconds } of results) {
  const counts = `${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped`;
  console.log(
    `${name.padEnd(9)} ${tally.failed.length > 0 ? 'FAILED' : 'ok    '} ${counts.padEnd(36)} ${seconds.toFixed(1)} s`,
  );
}
const failures = results.flatMap(({ tally }) => tally.failed);
const skipped = results.flatMap(({ tally }) => tally.skipped);
if (skipped.length > 0) console.log(`\n${skipped.length} skipped:`);
for (const { name, reason } of skipped) console.log(`  ${name}: ${reason}`);
if (failures.length > 0) console.log(`\n${failures.length} failed:`);
for (const failure of failures) console.log(`  ${failure.split('\n')[0]}`);
console.log('');
closeWith(
  results.reduce((sum, { tally }) => sum + tally.passed, 0),
  failures.length,
);
