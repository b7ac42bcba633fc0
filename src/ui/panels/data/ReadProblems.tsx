import { useState } from 'react';
import { formatPlural } from '../../../lib/format.ts';
import type { Problem } from '../../../lib/problem.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';
import { placeOf } from '../../components/ProblemStrip.tsx';

const FIRST = 5;

/** Row and column, where the file is the same for all. */
const placeInFile = ({ file: _file, ...rest }: Problem): string => placeOf(rest);

/** What could not be read as it was, each with its place and what to do. All of it can be reached. */
export function ReadProblems({ problems }: { problems: readonly Problem[] }) {
  const [showsAll, setShowsAll] = useState(false);
  if (problems.length === 0) return null;
  const isOneFile = new Set(problems.map(({ file }) => file)).size <= 1;
  const shown = showsAll ? problems : problems.slice(0, FIRST);
  return (
    <Section
      title="Reading"
      hint={`${formatPlural(problems.length, 'remark')} on the file`}
      note={<p>The good rows are loaded. What is listed here was left out or changed, and why.</p>}
    >
      <ul className="lint" aria-label="Remarks on the file">
        {shown.map((problem, i) => (
          <li key={`${i} ${problem.code}`}>
            <span className="sev warn" aria-hidden="true">
              !
            </span>
            <span className="what">
              <b>{isOneFile ? placeInFile(problem) : placeOf(problem)}:</b> {problem.message}{' '}
              <span>{problem.fix}</span>
            </span>
          </li>
        ))}
      </ul>
      {problems.length <= FIRST ? null : (
        <Button
          variant="quiet"
          size="sm"
          aria-expanded={showsAll}
          onClick={() => {
            setShowsAll(!showsAll);
          }}
        >
          {showsAll ? 'Show fewer' : `Show all ${problems.length}`}
        </Button>
      )}
    </Section>
  );
}
