/**
 * A Vitest reporter that writes the outcome of every test to test-results/unit.json, in the shape that
 * scripts/test.mjs adds up. Vitest's own JSON leaves out why a test was skipped and what failed outside of tests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export const tallyPath = 'test-results/unit.json';

/** Did a suite around this test fail? Then a "skipped" test was not run, rather than left out on purpose. */
function brokenAround(test) {
  for (let parent = test.parent; parent; parent = parent.parent) {
    if (parent.errors?.().length > 0) return true;
    if (parent === parent.parent) return false;
  }
  return test.module.errors().length > 0;
}

/**
 * `{passed, failed, skipped}`: a count, sentences, and `{name, reason}` each. A file that cannot be loaded, a suite
 * whose hook throws, an error outside of any test, and a test that never ran are failures.
 */
export function tallyModules(modules, unhandledErrors) {
  const tally = { passed: 0, failed: [], skipped: [] };
  for (const module of modules) {
    const file = module.relativeModuleId ?? module.moduleId;
    for (const error of module.errors()) tally.failed.push(`${file}: ${error.message}`);
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) tally.failed.push(`${file} > ${suite.fullName}: ${error.message}`);
    }
    let count = 0;
    for (const test of module.children.allTests()) {
      count++;
      const name = `${file} > ${test.fullName}`;
      const { state, note } = test.result();
      if (state === 'passed') tally.passed++;
      else if (state === 'failed') tally.failed.push(name);
      else if (state === 'skipped' && !brokenAround(test)) {
        tally.skipped.push({ name, reason: note ?? 'no reason given' });
      } else tally.failed.push(`${name}: did not run`);
    }
    if (count === 0 && module.errors().length === 0) tally.failed.push(`${file}: holds no test`);
  }
  for (const error of unhandledErrors) tally.failed.push(`outside of any test: ${error.message}`);
  return tally;
}

export default class VitestTally {
  onTestRunEnd(modules, unhandledErrors, reason) {
    const tally = tallyModules(modules, unhandledErrors);
    if (reason === 'interrupted') tally.failed.push('the run was interrupted');
    mkdirSync(dirname(tallyPath), { recursive: true });
    writeFileSync(tallyPath, JSON.stringify(tally, null, 1));
  }
}
