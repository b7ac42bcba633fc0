import { useState } from 'react';
import type { CurveSource } from './curves.ts';
import { LossTrack } from './LossTrack.tsx';
import { NormTrack } from './NormTrack.tsx';
import { RateTrack } from './RateTrack.tsx';
import { SpeedTrack } from './SpeedTrack.tsx';
import { StepAxis } from './StepAxis.tsx';
import { DRAW_EVERY_MS, useThrottled } from './useThrottled.ts';

interface TracksProps {
  run: CurveSource;
  smoothing: number;
  scale: 'linear' | 'log';
  unit: 'step' | 'epoch';
}

/** All instruments of a run over one axis and under one cursor. */
export function Tracks({ run, smoothing, scale, unit }: TracksProps) {
  const [cursor, setCursor] = useState<number>();
  const last = run.steps.at(-1);
  const endedAt =
    (run.status === 'failed' || run.status === 'interrupted' || run.status === 'stopped') &&
    last !== undefined
      ? last.step
      : undefined;
  const drawn = useThrottled(run, DRAW_EVERY_MS);
  const shared = { run, drawn, cursor, onCursor: setCursor, endedAt };
  const stepsPerEpoch =
    last === undefined || last.epoch === 0 ? run.totalSteps : Number((last.step / last.epoch).toFixed(2));
  return (
    <div className="tracks">
      <LossTrack {...shared} smoothing={smoothing} scale={scale} />
      <RateTrack {...shared} />
      <NormTrack {...shared} />
      <SpeedTrack {...shared} />
      <StepAxis totalSteps={run.totalSteps} stepsPerEpoch={stepsPerEpoch} unit={unit} />
    </div>
  );
}
