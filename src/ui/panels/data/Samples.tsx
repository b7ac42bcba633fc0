import { useEffect } from 'react';
import { formatPlural } from '../../../lib/format.ts';
import { listSamples, loadSample, useSamples } from '../../../state/samples.ts';
import { Button } from '../../components/Button.tsx';

/** The bundled tables. */
export function Samples() {
  const samples = useSamples((state) => state.samples);
  useEffect(() => void listSamples(), []);
  return (
    <>
      <h3>Samples</h3>
      <ul className="samples">
        {samples.map(({ id, title, input, target, rows, description, knowledge }) => (
          <li key={id}>
            <Button variant="quiet" size="sm" title={description} onClick={() => void loadSample(id)}>
              {title}
            </Button>
            <span className="faint">
              {input} → {target}, {formatPlural(rows, 'row')}
              {knowledge === undefined
                ? ''
                : `, with ${formatPlural(knowledge.length, 'page')} to retrieve from`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
