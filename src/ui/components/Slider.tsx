import { useId } from 'react';

export interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
  /** The value as people read it; spoken too. */
  format: (value: number) => string;
}

/** A value by feel; arrow keys move it by a step. */
export function Slider({ label, value, min, max, step, onChange, format }: SliderProps) {
  const id = useId();
  return (
    <div className="slider">
      <label htmlFor={id} className="label">
        {label}
      </label>
      <input
        id={id}
        type="range"
        value={value}
        min={min}
        max={max}
        step={step}
        aria-valuetext={format(value)}
        onChange={(event) => {
          onChange(event.target.valueAsNumber);
        }}
      />
      <output htmlFor={id}>{format(value)}</output>
    </div>
  );
}
