import { Line, LineChart, XAxis, YAxis } from 'recharts';
import { formatCount, formatRate } from '../../../lib/format.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import { formatNumber } from '../../components/NumberField.tsx';
import { plannedRates } from '../../charts/curves.ts';

/** The learning rate over the run, drawn by the scheduler that training uses. */
export function ScheduleCurve({ config, totalSteps }: { config: RunConfig; totalSteps: number }) {
  const warmup = config.warmupSteps > 0 ? `rises for ${formatCount(config.warmupSteps)} steps, then ` : '';
  const shape = {
    linear: 'falls in a straight line',
    cosine: 'falls along a cosine',
    constant: 'stays',
    inverse_sqrt: 'falls with the square root of the step',
  };
  return (
    <figure className="schedule" aria-label="Learning rate schedule">
      <figcaption>
        Learning rate over {formatCount(totalSteps)} steps: {warmup}
        {shape[config.schedule]}, at most {formatRate(config.learningRate)}.
      </figcaption>
      <LineChart
        responsive
        style={{ width: '100%', height: 84 }}
        data={plannedRates(config, totalSteps)}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <XAxis
          dataKey="step"
          type="number"
          domain={[0, totalSteps]}
          ticks={[0, totalSteps]}
          tickLine={false}
          interval={0}
          height={20}
        />
        <YAxis
          width={44}
          domain={[0, 1.05 * config.learningRate]}
          ticks={[0, config.learningRate]}
          tickLine={false}
          axisLine={false}
          tickFormatter={formatNumber}
        />
        <Line
          dataKey="planned"
          className="curve-ink"
          dot={false}
          isAnimationActive={false}
          activeDot={false}
        />
      </LineChart>
    </figure>
  );
}
