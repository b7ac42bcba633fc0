import { formatPlural } from '../../../lib/format.ts';
import type { AdapterView } from '../../../workers/protocol.ts';
import { Section } from '../../components/Section.tsx';
import { SpecList } from '../../components/SpecList.tsx';

/** What was found in an imported adapter: tensors that fit, tensors that are not there, tensors nobody knows. */
export function ImportReport({ report }: { report: NonNullable<AdapterView['report']> }) {
  const ignored = report.ignoredSettings ?? [];
  const isWhole = report.missing.length === 0 && report.unexpected.length === 0 && ignored.length === 0;
  return (
    <Section
      title="Import report"
      hint={isWhole ? 'everything fits the loaded model' : 'not everything fits the loaded model'}
    >
      <div className="export-facts">
        <SpecList
          items={[
            ['Matched', formatPlural(report.matched, 'tensor')],
            ['Missing', formatPlural(report.missing.length, 'tensor')],
            ['Unexpected', formatPlural(report.unexpected.length, 'tensor')],
            ['Unknown', formatPlural(ignored.length, 'setting')],
          ]}
        />
        <NameList title="Missing" names={report.missing} />
        <NameList title="Unexpected" names={report.unexpected} />
        <NameList title="Unknown settings" names={ignored} />
      </div>
    </Section>
  );
}

function NameList({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <details className="tensor-names">
      <summary>{title}</summary>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
