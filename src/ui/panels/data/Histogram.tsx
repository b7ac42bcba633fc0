import { useState } from 'react';
import { histogramBins } from './histogramBins.ts';

const HEIGHT = 80;

/** Bars of row counts by length, with the cut as a slider over them; what lies right of it turns pale. */
export function Histogram({
  label,
  lengths,
  cut,
  min,
  onCut,
}: {
  label: string;
  lengths: Uint32Array;
  cut: number;
  min: number;
  onCut: (cut: number) => void;
}) {
  const [dragged, setDragged] = useState<number | undefined>();
  const { width, counts } = histogramBins(lengths);
  const tallest = Math.max(1, ...counts);
  const right = counts.length * width;
  const shownCut = dragged ?? cut;
  const settle = (): void => {
    if (dragged !== undefined && dragged !== cut) onCut(Math.max(min, dragged));
    setDragged(undefined);
  };
  return (
    <div className="histogram">
      <svg viewBox={`0 0 ${counts.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {counts.map((count, i) => (
          <rect
            key={i}
            x={i + 0.08}
            width={0.84}
            y={HEIGHT - (HEIGHT * count) / tallest}
            height={(HEIGHT * count) / tallest}
            className={i * width >= shownCut ? 'bar-cut' : 'bar-kept'}
          />
        ))}
      </svg>
      {shownCut < right ? <i className="cut-line" style={{ left: `${(100 * shownCut) / right}%` }} /> : null}
      <input
        type="range"
        className="cut-range"
        aria-label={label}
        aria-valuetext={`${shownCut} tokens`}
        min={0}
        max={right}
        step={1}
        value={Math.min(shownCut, right)}
        onChange={(event) => {
          setDragged(event.target.valueAsNumber);
        }}
        onPointerUp={settle}
        onKeyUp={settle}
        onBlur={settle}
      />
      <span className="histogram-axis" aria-hidden="true">
        <span>0</span>
        <span>{right}</span>
      </span>
    </div>
  );
}
