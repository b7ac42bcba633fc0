import { memo, useMemo } from 'react';
import { Line } from 'recharts';
import { formatNumber } from '../components/NumberField.tsx';
import { formatRate } from '../../lib/format.ts';
import { plannedRateAt } from '../../state/runFacts.ts';
import { nearestStep, rateRows, type CurveSource } from './curves.ts';
import { Reading, Track } from './Track.tsx';
import { TrackChart } from './TrackChart.tsx';

interface RateTrackProps {
  run: CurveSource;
  /** The run as it was a moment ago: curves are drawn less often than figures. */
  drawn: CurveSource;
  cursor: number | undefined;
  onCursor: (step: number | undefined) => void;
  endedAt: number | undefined;
}

/** The learning rate used so far, and dotted the one the schedule will use. */
export function RateTrack({ run, drawn, cursor, onCursor, endedAt }: RateTrackProps) {
  const { steps, config, totalSteps } = run;
  const last = steps.at(-1);
  const isAhead = cursor !== undefined && cursor > (last?.step ?? 0);
  const rate = isAhead
    ? plannedRateAt(config, totalSteps, cursor)
    : (cursor === undefined ? last : steps[nearestStep(steps, cursor)])?.learningRate;
  return (
    <Track
      name="Learning rate"
      hint={(last?.step ?? 0) < totalSteps ? 'dotted: still to come' : config.schedule}
      summary={
        last === undefined
          ? `The rate will rise to ${formatRate(config.learningRate)}.`
          : `Step ${last.step} used a rate of ${formatRate(last.learningRate)}; the highest is ${formatRate(config.learningRate)}, the schedule ${config.schedule}.`
      }
      readings={
        rate === undefined ? null : <Reading label={isAhead ? 'planned' : ''} value={formatRate(rate)} />
      }
    >
      <RateChart run={drawn} onCursor={onCursor} endedAt={endedAt} />
    </Track>
  );
}

const RateChart = memo(function RateChart({
  run,
  onCursor,
  endedAt,
}: Omit<RateTrackProps, 'cursor' | 'drawn'>) {
  const rows = useMemo(() => rateRows(run), [run]);
  const peak = run.config.learningRate;
  return (
    <TrackChart
      rows={rows}
      height={64}
      totalSteps={run.totalSteps}
      y={{ ticks: [0, peak], domain: [0, 1.05 * peak] }}
      format={formatNumber}
      onCursor={onCursor}
      endedAt={endedAt}
    >
      <Line dataKey="past" className="curve-ink" dot={false} isAnimationActive={false} activeDot={false} />
      <Line
        dataKey="planned"
        className="curve-planned"
        dot={false}
        isAnimationActive={false}
        activeDot={false}
      />
    </TrackChart>
  );
});
