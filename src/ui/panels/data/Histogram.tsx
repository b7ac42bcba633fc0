import { histogramBins } from './histogramBins.ts';

const HEIGHT = 80;

/** Bars of row counts by length; what lies right of the cut is hatched away. */
export function Histogram({ lengths, cut }: { lengths: Uint32Array; cut: number }) {
  const { width, counts } = histogramBins(lengths);
  const tallest = Math.max(1, ...counts);
  const right = counts.length * width;
  const cutShare = Math.min(1, cut / right);
  return (
    <div className="histogram" aria-hidden="true">
      <svg viewBox={`0 0 ${counts.length} ${HEIGHT}`} preserveAspectRatio="none">
        {counts.map((count, i) => (
          <rect
            key={i}
            x={i + 0.08}
            width={0.84}
            y={HEIGHT - (HEIGHT * count) / tallest}
            height={(HEIGHT * count) / tallest}
            className={i * width >= cut ? 'bar-cut' : 'bar-kept'}
          />
        ))}
      </svg>
      {cutShare < 1 ? <i className="cut-line" style={{ left: `${100 * cutShare}%` }} /> : null}
      <span className="histogram-axis">
        <span>0</span>
        <span>{right}</span>
      </span>
    </div>
  );
}
