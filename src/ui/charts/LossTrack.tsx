import { memo, useMemo } from 'react';
import { Line } from 'recharts';
import { formatLoss, formatSignificant } from '../../lib/format.ts';
import { linearTicks, logTicks } from './axisTicks.ts';
import { bestEvaluation, extent, lossRows, nearestStep, type CurveSource } from './curves.ts';
import { smoothWithEma } from '../../lib/ema.ts';
import { Reading, Track } from './Track.tsx';
import { TrackChart } from './TrackChart.tsx';
import { ValidationCurve } from './ValidationCurve.tsx';

interface LossTrackProps {
  run: CurveSource;
  /** The run as it was a moment ago: curves are drawn less often than figures. */
  drawn: CurveSource;
  smoothing: number;
  scale: 'linear' | 'log';
  cursor: number | undefined;
  onCursor: (step: number | undefined) => void;
  endedAt: number | undefined;
}

/** Training loss as it is and smoothed, and the validation losses with the best one marked. */
export function LossTrack({ run, drawn, smoothing, scale, cursor, onCursor, endedAt }: LossTrackProps) {
  const { steps, evaluations } = run;
  const smoothed = useMemo(
    () =>
      smoothWithEma(
        steps.map(({ loss }) => loss),
        smoothing,
      ),
    [steps, smoothing],
  );
  const at = cursor === undefined ? steps.length - 1 : nearestStep(steps, cursor);
  const raw = steps[at]?.loss;
  const masked = steps[at]?.maskedLoss;
  const smooth = smoothed[at];
  const seen = cursor === undefined ? evaluations : evaluations.filter(({ step }) => step <= cursor);
  const validation = seen.at(-1);
  const best = bestEvaluation(evaluations);
  return (
    <Track
      name="Loss"
      hint={masked === undefined ? 'cross-entropy per learned token, nats' : PADDING_HINT}
      summary={lossSummary(run, smoothed.at(-1))}
      readings={
        smooth === undefined || raw === undefined ? null : (
          <>
            <Reading label="smoothed" mark="bold" value={formatLoss(smooth)} isBig />
            {validation === undefined ? null : (
              <Reading label="validation" mark="dot" value={formatLoss(validation.loss)} isBig />
            )}
            <Reading label="this step" mark="thin" value={formatLoss(raw)} />
            {masked === undefined ? null : <Reading label="words only" value={formatLoss(masked)} />}
            {validation === undefined ? null : (
              <Reading label="perplexity" value={formatSignificant(Math.exp(validation.loss))} />
            )}
            {best === undefined ? null : <Reading label="best at step" value={String(best.step)} />}
          </>
        )
      }
    >
      <LossChart run={drawn} smoothing={smoothing} scale={scale} onCursor={onCursor} endedAt={endedAt} />
    </Track>
  );
}

const LossChart = memo(function LossChart({
  run,
  smoothing,
  scale,
  onCursor,
  endedAt,
}: Omit<LossTrackProps, 'cursor' | 'drawn'>) {
  const { steps, evaluations, totalSteps } = run;
  const rows = useMemo(() => lossRows(steps, smoothing), [steps, smoothing]);
  const values = [
    ...rows.flatMap(({ raw, masked }) => [raw, masked]),
    ...evaluations.map(({ loss }) => loss),
  ];
  const [low, high] = extent(values, scale === 'log' ? 0 : undefined) ?? [1, 2];
  const y = scale === 'log' ? logTicks(low, high) : linearTicks(low, high);
  return (
    <TrackChart
      rows={rows}
      height={260}
      totalSteps={totalSteps}
      y={y}
      scale={scale}
      format={formatSignificantTick}
      onCursor={onCursor}
      endedAt={endedAt}
      hasCursorLabel
    >
      <Line dataKey="raw" className="curve-raw" dot={false} isAnimationActive={false} activeDot={false} />
      <Line
        dataKey="smooth"
        className="curve-smooth"
        dot={false}
        isAnimationActive={false}
        activeDot={false}
      />
      <Line
        dataKey="masked"
        className="curve-masked"
        strokeDasharray="5 4"
        dot={false}
        isAnimationActive={false}
        activeDot={false}
      />
      <ValidationCurve evaluations={evaluations} totalSteps={totalSteps} />
    </TrackChart>
  );
});

/** Why two losses of the same step differ. */
const PADDING_HINT =
  'cross-entropy per position, padding included; dashed: over words only. Most positions of a target padded to its limit are padding. An untrained model is surprised by them, so the first losses are high; it soon learns to write padding, which says nothing about the words. The well-known lab logs 3.6751 for this reason: compare runs by the dashed line';

const formatSignificantTick = (value: number): string => String(Number(value.toPrecision(3)));

function lossSummary({ steps, evaluations }: CurveSource, smoothed: number | undefined): string {
  const last = steps.at(-1);
  if (last === undefined || smoothed === undefined) return 'No step has been trained yet.';
  const validation = evaluations.at(-1);
  const best = bestEvaluation(evaluations);
  return [
    `After step ${last.step} the smoothed training loss is ${formatLoss(smoothed)}, that of the step itself ${formatLoss(last.loss)};`,
    `it began at ${formatLoss(steps[0]!.loss)}.`,
    validation === undefined
      ? 'Nothing was validated yet.'
      : `The last validation loss is ${formatLoss(validation.loss)} at step ${validation.step}, the best ${formatLoss(best!.loss)} at step ${best!.step}.`,
  ].join(' ');
}
