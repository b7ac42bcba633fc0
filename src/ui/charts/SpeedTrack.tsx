import { memo, useMemo } from 'react';
import { Line } from 'recharts';
import { formatCount } from '../../lib/format.ts';
import { linearTicks } from './axisTicks.ts';
import { extent, nearestStep, speedRows, tokensPerSecond, type CurveSource } from './curves.ts';
import { Reading, Track } from './Track.tsx';
import { TrackChart } from './TrackChart.tsx';

interface SpeedTrackProps {
  run: CurveSource;
  /** The run as it was a moment ago: curves are drawn less often than figures. */
  drawn: CurveSource;
  cursor: number | undefined;
  onCursor: (step: number | undefined) => void;
  endedAt: number | undefined;
}

/** Tokens without padding that a second of each step took in. */
export function SpeedTrack({ run, drawn, cursor, onCursor, endedAt }: SpeedTrackProps) {
  const { steps } = run;
  const metrics = cursor === undefined ? steps.at(-1) : steps[nearestStep(steps, cursor)];
  const value = metrics === undefined ? '' : formatCount(tokensPerSecond(metrics));
  return (
    <Track
      name="Tokens per second"
      hint="without padding"
      summary={
        metrics === undefined
          ? 'No step has been trained yet.'
          : `Step ${metrics.step} ran at ${value} tokens per second.`
      }
      readings={metrics === undefined ? null : <Reading value={value} />}
    >
      <SpeedChart run={drawn} onCursor={onCursor} endedAt={endedAt} />
    </Track>
  );
}

const SpeedChart = memo(function SpeedChart({
  run,
  onCursor,
  endedAt,
}: Omit<SpeedTrackProps, 'cursor' | 'drawn'>) {
  const { steps, totalSteps } = run;
  const rows = useMemo(() => speedRows(steps), [steps]);
  const [, high] = extent(rows.map(({ raw }) => raw)) ?? [0, 1000];
  return (
    <TrackChart
      rows={rows}
      height={64}
      totalSteps={totalSteps}
      y={linearTicks(0, high, 3)}
      format={formatThousands}
      onCursor={onCursor}
      endedAt={endedAt}
    >
      <Line dataKey="raw" className="curve-soft" dot={false} isAnimationActive={false} activeDot={false} />
    </TrackChart>
  );
});

const formatThousands = (value: number): string => (value >= 1000 ? `${value / 1000}k` : String(value));
