import { downsample } from '../../lib/downsample.ts';
import { smoothWithEma } from '../../lib/ema.ts';

const WIDTH = 96;
const HEIGHT = 22;

/** A small loss curve without axes, for lists. `isLive` marks its end. */
export function Sparkline({ values, isLive = false }: { values: readonly number[]; isLive?: boolean }) {
  const points = downsample(
    smoothWithEma(values, 0.8).map((y, x) => ({ x, y })),
    60,
    ({ y }) => y,
  ).filter(({ y }) => Number.isFinite(y));
  if (points.length < 2) return <span className="spark-empty" />;
  const low = Math.min(...points.map(({ y }) => y));
  const high = Math.max(...points.map(({ y }) => y));
  const place = ({ x, y }: { x: number; y: number }): [number, number] => [
    (WIDTH * x) / (values.length - 1),
    high === low ? HEIGHT / 2 : (HEIGHT * (high - y)) / (high - low),
  ];
  const path = points.map(
    (point, i) =>
      `${i === 0 ? 'M' : 'L'}${place(point)
        .map((v) => v.toFixed(1))
        .join(' ')}`,
  );
  const [endX, endY] = place(points.at(-1)!);
  return (
    <svg className="spark" viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} aria-hidden="true">
      <path className={isLive ? 'spark-live' : undefined} d={path.join('')} />
      <circle className="spark-end" cx={endX} cy={endY} r="2.5" />
    </svg>
  );
}
