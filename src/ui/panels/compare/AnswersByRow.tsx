import { useState } from 'react';
import type { Arm, ComparisonRow } from '../../../eval/comparison.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { SelectField } from '../../components/SelectField.tsx';
import { armNames } from './arms.ts';
import { formatGain, formatScore } from './formatScore.ts';
import { gainOf, orderRows, type RowOrder } from './orderRows.ts';
import { ScrollBox } from './ScrollBox.tsx';
import { WordDiff } from './WordDiff.tsx';

const PAGE_ROWS = 8;

/** The answers themselves, beside their references: where an arm gained most, least, or at random. */
export function AnswersByRow({ rows, arms }: { rows: readonly ComparisonRow[]; arms: readonly Arm[] }) {
  const [order, setOrder] = useState<RowOrder>('best');
  const [chosen, setChosen] = useState<Arm>();
  const [shownCount, setShownCount] = useState(PAGE_ROWS);
  const others = arms.filter((arm) => arm !== 'prompt');
  const arm = chosen !== undefined && arms.includes(chosen) ? chosen : (others.at(-1) ?? 'prompt');
  const ordered = orderRows(rows, order, 'prompt', arm);
  const isCompared = arm !== 'prompt';
  return (
    <Section
      title="Answers by row"
      hint={
        <>
          <ins>added</ins> <del>missing</del> against the reference
        </>
      }
      wide
      actions={
        <>
          {arms.length > 1 ? (
            <SelectField
              label="Answers of"
              hideLabel
              value={arm}
              options={arms.map((option) => ({ value: option, label: armNames[option] }))}
              onChange={setChosen}
            />
          ) : null}
          <Segmented
            label="Rows shown"
            value={order}
            options={[
              { value: 'best', label: 'Best gain' },
              { value: 'worst', label: 'Worst' },
              { value: 'random', label: 'Random' },
            ]}
            onChange={setOrder}
          />
        </>
      }
    >
      <ScrollBox className="scroll" label="Answers, scrolls sideways">
        <table className="answers" aria-label="Answers by row">
          <thead>
            <tr>
              <th scope="col">Row</th>
              <th scope="col">Reference</th>
              <th scope="col">{armNames[arm]}</th>
              {isCompared ? (
                <th scope="col" className="num">
                  Prompt only
                </th>
              ) : null}
              <th scope="col" className="num">
                ROUGE-L
              </th>
              {isCompared ? (
                <th scope="col" className="num">
                  Gain
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, shownCount).map((row) => {
              const output = row.outputs[arm];
              const gain = gainOf(row, 'prompt', arm);
              return (
                <tr key={row.rowIndex}>
                  <td>{row.rowIndex + 1}</td>
                  <td>{row.reference}</td>
                  <td>
                    {output === undefined ? (
                      '–'
                    ) : output.text === '' ? (
                      <span className="faint">(nothing)</span>
                    ) : (
                      <WordDiff reference={row.reference} text={output.text} />
                    )}
                  </td>
                  {isCompared ? (
                    <td className="num">
                      {row.outputs.prompt === undefined ? '–' : formatScore(row.outputs.prompt.rougeL)}
                    </td>
                  ) : null}
                  <td className="num">{output === undefined ? '–' : formatScore(output.rougeL)}</td>
                  {isCompared ? (
                    <td className="num">
                      <b>{gain === undefined ? '–' : formatGain(gain)}</b>
                    </td>
                  ) : null}
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollBox>
      {shownCount < ordered.length ? (
        <div className="answers-more">
          <Button
            size="sm"
            onClick={() => {
              setShownCount(shownCount + PAGE_ROWS);
            }}
          >
            Show {Math.min(PAGE_ROWS, ordered.length - shownCount)} more of {ordered.length}
          </Button>
        </div>
      ) : null}
    </Section>
  );
}
