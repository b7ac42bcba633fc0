/** Adds up Playwright's JSON report: each journey is passed, failed or left out on purpose; none is lost. */

function eachSpec(suite, titles, visit) {
  const path = suite.title ? [...titles, suite.title] : titles;
  for (const spec of suite.specs ?? []) visit(spec, [...path, spec.title].join(' > '));
  for (const inner of suite.suites ?? []) eachSpec(inner, path, visit);
}

function skipReason(test) {
  const notes = [...test.annotations, ...test.results.flatMap((result) => result.annotations ?? [])];
  const note = notes.find(({ type }) => type === 'skip' || type === 'fixme');
  return note?.description ?? 'no reason given';
}

/**
 * `{passed, failed, skipped}` as in vitestTally.mjs. Playwright calls a journey that was never reached "skipped" too;
 * only one that expects to be skipped counts as that. A flaky one counts as failed.
 */
export function tallyJourneys(report) {
  const tally = { passed: 0, failed: [], skipped: [] };
  for (const error of report.errors ?? []) tally.failed.push(`outside of any journey: ${error.message}`);
  for (const suite of report.suites ?? []) {
    eachSpec(suite, [], (spec, name) => {
      for (const test of spec.tests) {
        if (test.status === 'expected') tally.passed++;
        else if (test.status === 'skipped' && test.expectedStatus === 'skipped') {
          tally.skipped.push({ name, reason: skipReason(test) });
        } else if (test.status === 'skipped') tally.failed.push(`${name}: did not run`);
        else tally.failed.push(name);
      }
    });
  }
  return tally;
}
