import { memo } from 'react';
import { LineChart, XAxis, YAxis } from 'recharts';
import { linearTicks } from './axisTicks.ts';

interface StepAxisProps {
  totalSteps: number;
  /** Steps of one epoch; may be a fraction. */
  stepsPerEpoch: number;
  unit: 'step' | 'epoch';
}

/** The axis under all tracks, in steps or epochs. */
export const StepAxis = memo(function StepAxis({ totalSteps, stepsPerEpoch, unit }: StepAxisProps) {
  const last = Math.max(1, totalSteps);
  const size = unit === 'step' ? 1 : stepsPerEpoch;
  const all = linearTicks(0, last / size, 5).ticks.map((tick) => tick * size);
  const inside = all.filter((step) => step <= last * 1.0001);
  const gap = last - inside.at(-1)!;
  const ticks = gap > 0.6 * (all[1]! - all[0]!) ? [...inside, last] : inside;
  return (
    <div className="track track-axis" aria-hidden="true">
      <span className="track-name">{unit === 'step' ? 'step' : 'epoch'}</span>
      <div className="track-plot">
        <LineChart
          responsive
          style={{ width: '100%', height: 26 }}
          data={[{ step: 0 }, { step: last }]}
          margin={{ top: 0, right: 6, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <XAxis
            dataKey="step"
            type="number"
            domain={[0, last]}
            ticks={ticks}
            interval="preserveStartEnd"
            tickLine={false}
            axisLine={false}
            tickFormatter={(step: number) => String(Number((step / size).toPrecision(4)))}
          />
          <YAxis width={44} tick={false} axisLine={false} tickLine={false} />
        </LineChart>
      </div>
    </div>
  );
});
