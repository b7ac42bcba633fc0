import { memo, useState } from 'react';
import type { RunRecord } from '../../../storage/records.ts';
import { Section } from '../../components/Section.tsx';
import { SelectField } from '../../components/SelectField.tsx';
import { ScrollBox } from '../compare/ScrollBox.tsx';
import { WordDiff } from '../compare/WordDiff.tsx';

interface LearningSamplesProps {
  samples: RunRecord['samples'];
  isRunning: boolean;
}

/** The same validation rows, answered again at each evaluation: what the model writes as it learns. */
export const LearningSamples = memo(function LearningSamples({ samples, isRunning }: LearningSamplesProps) {
  const [chosen, setChosen] = useState<number>();
  const shown = samples.find(({ step }) => step === chosen) ?? samples.at(-1);
  if (shown === undefined || shown.texts.length === 0) {
    return isRunning && shown === undefined ? (
      <Section title="Same rows, as it learns" hint="answers appear with the first validation">
        <p className="faint">
          At each validation the model answers a few rows it never trains on, so that you can read how it
          changes.
        </p>
      </Section>
    ) : null;
  }
  return (
    <Section
      title="Same rows, as it learns"
      hint={
        <>
          <ins>added</ins> <del>missing</del> against the reference
        </>
      }
      wide
      actions={
        <SelectField
          label="Answers at step"
          hideLabel
          value={String(shown.step)}
          options={samples.map(({ step }) => ({ value: String(step), label: `step ${step}` }))}
          onChange={(value) => {
            const step = Number(value);
            setChosen(step === samples.at(-1)?.step ? undefined : step);
          }}
        />
      }
    >
      <div className="sample sample-head" aria-hidden="true">
        <span>the model reads</span>
        <span>reference</span>
        <span>model at step {shown.step}</span>
      </div>
      <ul>
        {shown.texts.map(({ prompt, reference, text }, i) => (
          <li className="sample" key={prompt}>
            <ScrollBox className="sample-prompt" label={`Input ${i + 1}`}>
              {prompt}
            </ScrollBox>
            <p>
              <span className="sample-label">reference</span> {reference}
            </p>
            <p>
              <span className="sample-label">model at step {shown.step}</span>{' '}
              {text === '' ? (
                <span className="faint">(nothing)</span>
              ) : (
                <WordDiff reference={reference} text={text} />
              )}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
});
