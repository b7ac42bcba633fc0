import type { Problem } from '../lib/problem.ts';

/** Collects problems in order and keeps the list readable: past the limit they are only counted. */
export interface ProblemList {
  add(problem: Problem): void;
  /** The problems, with a last one that counts those not listed. */
  list(): Problem[];
}

/** Nobody reads more, and a broken file of a million rows must not become a million messages. */
export const MAX_LISTED_PROBLEMS = 1000;

/** A list that names at most `limit` problems of one file. */
export function makeProblemList(file: string, limit = MAX_LISTED_PROBLEMS): ProblemList {
  const listed: Problem[] = [];
  let unlistedCount = 0;
  return {
    add: (problem) => {
      if (listed.length < limit) listed.push({ file, ...problem });
      else unlistedCount++;
    },
    list: () =>
      unlistedCount === 0
        ? [...listed]
        : [
            ...listed,
            {
              code: 'more-problems',
              message: `And ${unlistedCount.toLocaleString('en-GB')} more of the kind.`,
              fix: 'Mend those listed first, then load the file again.',
              file,
            },
          ],
  };
}
