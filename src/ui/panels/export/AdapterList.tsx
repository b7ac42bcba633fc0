import { formatCount } from '../../../lib/format.ts';
import type { AdapterRecord } from '../../../storage/records.ts';
import { Section } from '../../components/Section.tsx';
import { adapterKind } from './adapterKind.ts';

interface AdapterListProps {
  adapters: readonly AdapterRecord[];
  chosenId: string;
  onChoose: (id: string) => void;
}

/** All adapters in this browser; the chosen one is compared and exported. */
export function AdapterList({ adapters, chosenId, onChoose }: AdapterListProps) {
  return (
    <Section title="Adapters" hint="the chosen one answers in Compare and is exported here">
      <div role="radiogroup" aria-label="Adapters" className="adapters">
        {adapters.map(({ id, view, savedAt }) => (
          <label key={id} className={id === chosenId ? 'adapter adapter-chosen' : 'adapter'}>
            <input
              type="radio"
              name="adapter"
              checked={id === chosenId}
              onChange={() => {
                onChoose(id);
              }}
            />
            <b>{view.name}</b>
            <span>
              {adapterKind(view)}
              {view.r === undefined ? '' : `, r ${view.r}`}
            </span>
            <span>{view.origin === 'run' ? 'run' : 'imported'}</span>
            <span className="num">{formatCount(view.parameterCount)}</span>
            <span className="num">{new Date(savedAt).toLocaleDateString()}</span>
          </label>
        ))}
      </div>
    </Section>
  );
}
