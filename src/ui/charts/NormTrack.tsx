import { memo, useMemo } from 'react';
import { Line, ReferenceLine } from 'recharts';
import { formatLoss, formatShare } from '../../lib/format.ts';
import { logTicks } from './axisTicks.ts';
import { extent, nearestStep, normRows, type CurveSource } from './curves.ts';
import { Reading, Track } from './Track.tsx';
import { TrackChart } from './TrackChart.tsx';

interface NormTrackProps {
  run: CurveSource;
  /** The run as it was a moment ago: curves are drawn less often than figures. */
  drawn: CurveSource;
  cursor: number | undefined;
  onCursor: (step: number | undefined) => void;
  endedAt: number | undefined;
}

/** Global gradient norm before clipping, on a logarithmic axis, with the line above which it is clipped. */
export function NormTrack({ run, drawn, cursor, onCursor, endedAt }: NormTrackProps) {
  const { steps, config } = run;
  const limit = config.maxGradNorm;
  const metrics = cursor === undefined ? steps.at(-1) : steps[nearestStep(steps, cursor)];
  const clippedShare =
    limit > 0 && steps.length > 0
      ? steps.filter(({ gradNorm }) => gradNorm > limit).length / steps.length
      : undefined;
  return (
    <Track
      name="Gradient norm"
      hint={limit > 0 ? `clipped at ${limit}` : 'not clipped'}
      summary={
        metrics === undefined
          ? 'No step has been trained yet.'
          : `Step ${metrics.step} had a gradient norm of ${formatLoss(metrics.gradNorm)}${
              clippedShare === undefined ? '' : `; ${formatShare(clippedShare)} of the steps were clipped`
            }.`
      }
      readings={
        metrics === undefined ? null : (
          <>
            <Reading value={formatLoss(metrics.gradNorm)} />
            {clippedShare === undefined ? null : (
              <Reading label="clipped" value={formatShare(clippedShare)} />
            )}
          </>
        )
      }
    >
      <NormChart run={drawn} onCursor={onCursor} endedAt={endedAt} />
    </Track>
  );
}

const NormChart = memo(function NormChart({
  run,
  onCursor,
  endedAt,
}: Omit<NormTrackProps, 'cursor' | 'drawn'>) {
  const { steps, config, totalSteps } = run;
  const rows = useMemo(() => normRows(steps), [steps]);
  const limit = config.maxGradNorm;
  const [low, high] = extent([...rows.map(({ raw }) => raw), limit > 0 ? limit : undefined], 0) ?? [0.5, 2];
  return (
    <TrackChart
      rows={rows}
      height={84}
      totalSteps={totalSteps}
      y={logTicks(low, high, 3)}
      scale="log"
      format={String}
      onCursor={onCursor}
      endedAt={endedAt}
    >
      {limit > 0 ? <ReferenceLine y={limit} className="curve-limit" /> : null}
      <Line dataKey="raw" className="curve-soft" dot={false} isAnimationActive={false} activeDot={false} />
    </TrackChart>
  );
});
