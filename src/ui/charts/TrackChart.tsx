import type { ReactNode } from 'react';
import { CartesianGrid, LineChart, ReferenceArea, Tooltip, XAxis, YAxis } from 'recharts';
import type { AxisTicks } from './axisTicks.ts';
import { nearestStep, type CurveRow } from './curves.ts';

interface TrackChartProps {
  rows: CurveRow[];
  /** Pixels. */
  height: number;
  totalSteps: number;
  y: AxisTicks;
  scale?: 'linear' | 'log';
  format: (value: number) => string;
  /** Steps from here on will not happen; they are hatched. */
  endedAt?: number | undefined;
  /** Whether the step under the cursor stands beside it. */
  hasCursorLabel?: boolean;
  /** Tells which step is under the cursor, undefined when none is. */
  onCursor: (step: number | undefined) => void;
  children: ReactNode;
}

/** Pixels left of the curve, the same in every track so that their axes line up. */
const AXIS_WIDTH = 44;
const MARGIN = { top: 8, right: 6, bottom: 4, left: 0 };

/** Curves drawn from different points share a cursor: the nearest step each of them has. */
function matchCursor(
  ticks: readonly { value: unknown }[],
  { activeLabel }: { activeLabel: unknown },
): number {
  const entries = ticks.map(({ value }) => ({ step: Number(value) }));
  return nearestStep(entries, Number(activeLabel));
}

function CursorLabel({ active, label }: { active?: boolean; label?: string | number }) {
  return active === true ? <span className="track-cursor-label">step {label}</span> : null;
}

const NoLabel = () => null;

/** A line chart over the steps of a run, with the grid, axes and cursor that all tracks share. */
export function TrackChart({
  rows,
  height,
  totalSteps,
  y,
  scale = 'linear',
  format,
  endedAt,
  hasCursorLabel = false,
  onCursor,
  children,
}: TrackChartProps) {
  return (
    <LineChart
      responsive
      style={{ width: '100%', height }}
      data={rows}
      margin={MARGIN}
      syncId="run"
      syncMethod={matchCursor}
      onMouseMove={({ isTooltipActive, activeLabel }) => {
        onCursor(isTooltipActive && activeLabel !== undefined ? Number(activeLabel) : undefined);
      }}
      onMouseLeave={() => {
        onCursor(undefined);
      }}
    >
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line className="hatch-line" x1="0" y1="0" x2="0" y2="7" />
        </pattern>
      </defs>
      <CartesianGrid vertical={false} className="track-grid" syncWithTicks />
      <XAxis dataKey="step" type="number" domain={[0, Math.max(1, totalSteps)]} hide allowDataOverflow />
      <YAxis
        width={AXIS_WIDTH}
        scale={scale}
        domain={y.domain}
        ticks={y.ticks}
        interval={0}
        allowDataOverflow
        axisLine={false}
        tickLine={false}
        tickFormatter={format}
      />
      {endedAt === undefined ? null : (
        <ReferenceArea x1={endedAt} x2={totalSteps} fill="url(#hatch)" fillOpacity={1} stroke="none" />
      )}
      <Tooltip
        content={hasCursorLabel ? CursorLabel : NoLabel}
        cursor={{ className: 'track-cursor' }}
        isAnimationActive={false}
        offset={1}
        position={{ y: 0 }}
      />
      {children}
    </LineChart>
  );
}
