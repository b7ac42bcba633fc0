import { useId, type KeyboardEvent } from 'react';

export interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  size?: 'sm';
}

/** A few choices side by side, one of them on: a radio group with arrow keys. */
export function Segmented<T extends string>({ label, value, options, onChange, size }: SegmentedProps<T>) {
  const group = useId();
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = options.findIndex((option) => option.value === value);
    const next = (index + step + options.length) % options.length;
    onChange(options[next]!.value);
    document.getElementById(`${group}-${next}`)?.focus();
  };
  return (
    <div
      className={size === undefined ? 'seg' : `seg ${size}`}
      role="radiogroup"
      aria-label={label}
      onKeyDown={move}
    >
      {options.map((option, i) => (
        <button
          key={option.value}
          id={`${group}-${i}`}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => {
            onChange(option.value);
          }}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
