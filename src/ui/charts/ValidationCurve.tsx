import { useXAxisScale, useYAxisScale } from 'recharts';
import { formatLoss } from '../../lib/format.ts';
import type { EvalMetrics } from '../../training/metrics.ts';
import { bestEvaluation } from './curves.ts';

interface ValidationCurveProps {
  evaluations: readonly EvalMetrics[];
  totalSteps: number;
}

/**
 * Validation losses as dots joined by a line, the best one hollow and named. Drawn over the chart's scales and not as
 * one of its lines: evaluations are few, and a line of the chart would carry a dot for every training step.
 */
export function ValidationCurve({ evaluations, totalSteps }: ValidationCurveProps) {
  const x = useXAxisScale();
  const y = useYAxisScale();
  const best = bestEvaluation(evaluations);
  if (x === undefined || y === undefined || best === undefined) return null;
  const points = evaluations.flatMap(({ step, loss }) => {
    const left = x(step);
    const top = y(loss);
    return left === undefined || top === undefined ? [] : [{ step, left, top }];
  });
  const bestPoint = points.find(({ step }) => step === best.step);
  return (
    <g className="validation">
      <polyline points={points.map(({ left, top }) => `${left},${top}`).join(' ')} />
      {points.map(({ step, left, top }) => (
        <circle
          key={step}
          cx={left}
          cy={top}
          r={step === best.step ? 4 : 3}
          className={step === best.step ? 'best' : undefined}
        />
      ))}
      {bestPoint === undefined ? null : (
        <text
          x={bestPoint.left}
          y={bestPoint.top - 10}
          textAnchor={
            best.step > 0.92 * totalSteps ? 'end' : best.step < 0.08 * totalSteps ? 'start' : 'middle'
          }
        >
          best {formatLoss(best.loss)}
        </text>
      )}
    </g>
  );
}
