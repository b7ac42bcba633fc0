import { formatBytes, formatCount } from '../../../lib/format.ts';
import { deleteStoredModel, loadStoredModel, useModels } from '../../../state/models.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';

/** Models kept in this browser, with their size and a way to be rid of them. */
export function StoredModels() {
  const stored = useModels((state) => state.stored);
  const loadedId = useModels(({ model }) => model?.id);
  if (stored.length === 0) return null;
  return (
    <Section title="Kept in this browser">
      <div className="scroll">
        <table className="stored" aria-label="Kept models">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" className="num">
                Parameters
              </th>
              <th scope="col" className="num">
                Size
              </th>
              <th scope="col">
                <span className="vh">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {stored.map(({ id, view }) => (
              <tr key={id}>
                <td>{view.name}</td>
                <td className="num">{formatCount(view.parameterCount)}</td>
                <td className="num">{formatBytes(view.fileBytes)}</td>
                <td className="num">
                  <Button size="sm" disabled={id === loadedId} onClick={() => void loadStoredModel(id)}>
                    {id === loadedId ? 'Loaded' : `Load ${view.name}`}
                  </Button>{' '}
                  <Button
                    variant="bad"
                    size="sm"
                    disabled={id === loadedId}
                    aria-label={`Delete ${view.name}`}
                    onClick={() => void deleteStoredModel(id)}
                  >
                    Delete
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
