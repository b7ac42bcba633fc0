import { expect, test } from 'vitest';
import { tallyJourneys } from './journeyTally.mjs';

const spec = (title, journey) => ({
  title,
  tests: [{ annotations: [], results: [], expectedStatus: 'passed', ...journey }],
});

test('every journey is counted once, also those that were never reached', () => {
  const report = {
    errors: [{ message: 'the server did not start' }],
    suites: [
      {
        title: 'train.spec.ts',
        specs: [spec('falls', { status: 'expected' }), spec('flickers', { status: 'flaky' })],
        suites: [
          {
            title: 'in order',
            specs: [
              spec('breaks', { status: 'unexpected' }),
              spec('is not reached', { status: 'skipped' }),
              spec('is left out', {
                status: 'skipped',
                expectedStatus: 'skipped',
                annotations: [{ type: 'skip', description: 'needs peft' }],
              }),
            ],
          },
        ],
      },
    ],
  };
  expect(tallyJourneys(report)).toEqual({
    passed: 1,
    failed: [
      'outside of any journey: the server did not start',
      'train.spec.ts > flickers',
      'train.spec.ts > in order > breaks',
      'train.spec.ts > in order > is not reached: did not run',
    ],
    skipped: [{ name: 'train.spec.ts > in order > is left out', reason: 'needs peft' }],
  });
});
