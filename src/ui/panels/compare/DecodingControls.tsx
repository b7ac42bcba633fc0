import { setDecoding, useComparison, type Decoding } from '../../../state/comparison.ts';
import { NumberField } from '../../components/NumberField.tsx';

interface DecodingField {
  key: keyof Decoding;
  label: string;
  min: number;
  max: number;
  step: number;
  unit?: string;
  help: string;
}

const fields: readonly DecodingField[] = [
  {
    key: 'maxNewTokens',
    label: 'Longest answer',
    min: 1,
    max: 1024,
    step: 1,
    unit: 'tokens',
    help: 'The answer is cut here.',
  },
  {
    key: 'temperature',
    label: 'Temperature',
    min: 0,
    max: 2,
    step: 0.1,
    help: '0 always takes the likeliest token.',
  },
  {
    key: 'topK',
    label: 'Top-k',
    min: 0,
    max: 1000,
    step: 1,
    help: 'Draw from the k likeliest tokens; 0: from all.',
  },
  {
    key: 'topP',
    label: 'Top-p',
    min: 0.01,
    max: 1,
    step: 0.01,
    help: 'Draw from the likeliest tokens that make up this share.',
  },
  {
    key: 'seed',
    label: 'Seed',
    min: 0,
    max: 4_294_967_295,
    step: 1,
    help: 'The same seed draws the same answer.',
  },
];

/** How the next token is chosen, the same for all arms. */
export function DecodingControls() {
  const decoding = useComparison((state) => state.decoding);
  const summary =
    decoding.temperature === 0
      ? `greedy, up to ${decoding.maxNewTokens} tokens`
      : `temperature ${decoding.temperature}, up to ${decoding.maxNewTokens} tokens`;
  return (
    <details className="compare-details">
      <summary>
        Decoding <small>{summary}</small>
      </summary>
      <div className="compare-fields">
        {fields.map(({ key, label, help, min, max, step, unit }) => (
          <NumberField
            key={key}
            label={label}
            value={decoding[key]}
            min={min}
            max={max}
            step={step}
            isWhole={step === 1}
            {...(unit === undefined ? {} : { unit })}
            help={help}
            onChange={(value) => {
              setDecoding({ [key]: value });
            }}
          />
        ))}
      </div>
    </details>
  );
}
