import { setDecoding, useComparison } from '../../../state/comparison.ts';
import { describeDecoding, type Decoding } from '../../../state/decoding.ts';
import { useModels } from '../../../state/models.ts';
import { NumberField } from '../../components/NumberField.tsx';

interface DecodingField {
  key: Exclude<keyof Decoding, 'earlyStopping'>;
  label: string;
  min: number;
  max: number;
  step: number;
  isWhole: boolean;
  unit?: string;
  help: string;
}

const plainFields: readonly DecodingField[] = [
  {
    key: 'maxNewTokens',
    label: 'Longest answer',
    min: 1,
    max: 1024,
    step: 1,
    isWhole: true,
    unit: 'tokens',
    help: 'The answer is cut here.',
  },
  {
    key: 'temperature',
    label: 'Temperature',
    min: 0,
    max: 2,
    step: 0.1,
    isWhole: false,
    help: '0 always takes the likeliest token.',
  },
  {
    key: 'topK',
    label: 'Top-k',
    min: 0,
    max: 1000,
    step: 1,
    isWhole: true,
    help: 'Draw from the k likeliest tokens; 0: from all.',
  },
  {
    key: 'topP',
    label: 'Top-p',
    min: 0.01,
    max: 1,
    step: 0.01,
    isWhole: false,
    help: 'Draw from the likeliest tokens that make up this share.',
  },
  {
    key: 'seed',
    label: 'Seed',
    min: 0,
    max: 4_294_967_295,
    step: 1,
    isWhole: true,
    help: 'The same seed draws the same answer.',
  },
];

const advancedFields: readonly DecodingField[] = [
  {
    key: 'numBeams',
    label: 'Beams',
    min: 1,
    max: 16,
    step: 1,
    isWhole: true,
    help: 'Answers followed side by side; the best one is kept. 1: no search.',
  },
  {
    key: 'lengthPenalty',
    label: 'Length penalty',
    min: -5,
    max: 5,
    step: 0.1,
    isWhole: false,
    help: 'With beams: above 1 favours longer answers, below 1 shorter ones.',
  },
  {
    key: 'noRepeatNgramSize',
    label: 'No repeated n-grams',
    min: 0,
    max: 20,
    step: 1,
    isWhole: true,
    unit: 'tokens',
    help: 'No run of so many tokens occurs twice; 0: no limit.',
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    min: 0.1,
    max: 10,
    step: 0.1,
    isWhole: false,
    help: 'Above 1 makes tokens that occurred less likely.',
  },
  {
    key: 'minNewTokens',
    label: 'Shortest answer',
    min: 0,
    max: 1024,
    step: 1,
    isWhole: true,
    unit: 'tokens',
    help: 'The answer cannot end before.',
  },
];

/** How the next token is chosen, the same for all arms. */
export function DecodingControls() {
  const decoding = useComparison((state) => state.decoding);
  const ignored = useModels((state) => state.model?.generation?.ignored);
  return (
    <details className="compare-details">
      <summary>
        Decoding{' '}
        <small>
          {describeDecoding(decoding)}, up to {decoding.maxNewTokens} tokens
        </small>
      </summary>
      <DecodingFields fields={plainFields} decoding={decoding} />
      <details className="compare-details">
        <summary>Advanced</summary>
        <DecodingFields fields={advancedFields} decoding={decoding} />
        {ignored === undefined || ignored.length === 0 ? null : (
          <p>Not followed from the model&apos;s generation_config.json: {ignored.join(', ')}.</p>
        )}
      </details>
    </details>
  );
}

interface DecodingFieldsProps {
  fields: readonly DecodingField[];
  decoding: Decoding;
}

function DecodingFields({ fields, decoding }: DecodingFieldsProps) {
  return (
    <div className="compare-fields">
      {fields.map(({ key, ...field }) => (
        <NumberField
          key={key}
          {...field}
          value={decoding[key]}
          onChange={(value) => {
            setDecoding({ [key]: value });
          }}
        />
      ))}
    </div>
  );
}
