import { formatCount, formatPlural, formatShare } from '../../../lib/format.ts';
import { refreshCheck, useDatasets } from '../../../state/datasets.ts';
import { changeConfig, useRunSetup } from '../../../state/runSetup.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import { NumberField } from '../../components/NumberField.tsx';
import { Section } from '../../components/Section.tsx';
import { Histogram } from './Histogram.tsx';

/** Tokens; the limits of the run form begin here. */
const SHORTEST_CUT = 8;

/** How long rows are in tokens, where they are cut, and how they are split. */
export function Lengths() {
  const check = useDatasets((state) => state.check);
  const config = useRunSetup((state) => state.config);
  if (check === undefined) return null;
  const change = (patch: Partial<RunConfig>): void => {
    changeConfig(patch);
    void refreshCheck();
  };
  return (
    <Section
      title="Lengths and split"
      {...(check.checkedCount < check.exampleCount
        ? { hint: `of the first ${formatCount(check.checkedCount)} rows` }
        : {})}
      note={
        <>
          <p>
            Longer rows cost more time and memory: a row of twice the length takes at least twice as long.
            What stands right of the line is cut.
          </p>
          <p>
            The split depends on the content and the seed only. Rows to watch with steer nothing but your eye;
            rows to judge by are never seen in training.
          </p>
        </>
      }
    >
      <div className="two">
        <LengthPlot
          title="Input"
          lengths={check.inputLengths}
          cut={config.maxInputTokens}
          onCut={(maxInputTokens) => {
            change({ maxInputTokens });
          }}
        />
        <LengthPlot
          title="Target"
          lengths={check.targetLengths}
          cut={config.maxTargetTokens}
          onCut={(maxTargetTokens) => {
            change({ maxTargetTokens });
          }}
        />
      </div>
      <div className="row split">
        <NumberField
          label="Watch with"
          unit="%"
          value={Math.round(100 * config.validationShare)}
          min={0}
          max={50}
          step={1}
          onChange={(percent) => {
            change({ validationShare: percent / 100 });
          }}
        />
        <NumberField
          label="Judge by"
          unit="%"
          value={Math.round(100 * config.testShare)}
          min={0}
          max={50}
          step={1}
          onChange={(percent) => {
            change({ testShare: percent / 100 });
          }}
        />
        <NumberField
          label="Seed"
          value={config.seed}
          min={0}
          max={4294967295}
          step={1}
          onChange={(seed) => {
            change({ seed });
          }}
        />
      </div>
    </Section>
  );
}

function LengthPlot({
  title,
  lengths,
  cut,
  onCut,
}: {
  title: string;
  lengths: Uint32Array;
  cut: number;
  onCut: (cut: number) => void;
}) {
  const longerCount = lengths.filter((length) => length > cut).length;
  const sentence =
    longerCount === 0
      ? 'Nothing is cut.'
      : `${formatPlural(longerCount, 'row')} (${formatShare(longerCount / lengths.length)}) ${longerCount === 1 ? 'loses its' : 'lose their'} end.`;
  return (
    <figure aria-label={`${title} lengths`}>
      <figcaption>
        <b>{title}</b>, tokens. {sentence}
      </figcaption>
      <Histogram
        label={`Cut of ${title.toLowerCase()}s`}
        lengths={lengths}
        cut={cut}
        min={SHORTEST_CUT}
        onCut={onCut}
      />
      <NumberField
        label={`Longest ${title.toLowerCase()}`}
        unit="tokens"
        value={cut}
        min={SHORTEST_CUT}
        max={2048}
        step={8}
        onChange={onCut}
      />
    </figure>
  );
}
