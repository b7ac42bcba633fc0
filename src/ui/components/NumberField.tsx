import { useId, useState } from 'react';

export interface NumberFieldProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
  /** Arrow keys change the value by this much. */
  step?: number;
  /** Only whole numbers can be used. */
  isWhole?: boolean;
  unit?: string;
  help?: string;
  /** Why the present value cannot be used. */
  problem?: string;
  hideLabel?: boolean;
  disabled?: boolean;
}

/** A number as people type it, 1e-3 included. What is typed stays until it is a number in range. */
export function NumberField({
  label,
  value,
  onChange,
  min = -Infinity,
  max = Infinity,
  step,
  isWhole = false,
  unit,
  help,
  problem,
  hideLabel = false,
  disabled = false,
}: NumberFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState<string | undefined>();
  const fault = typed === undefined ? problem : faultOf(typed, min, max, isWhole);
  const shown = typed ?? formatNumber(value);

  const take = (text: string): void => {
    setTyped(text);
    if (faultOf(text, min, max, isWhole) === undefined) onChange(parseNumber(text));
  };
  return (
    <div className="labelled">
      <label htmlFor={id} className={hideLabel ? 'vh' : 'label'}>
        {label}
      </label>
      <span className="field">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={shown}
          disabled={disabled}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined && help === undefined ? undefined : `${id}-note`}
          onChange={(event) => {
            take(event.target.value);
          }}
          onBlur={() => {
            setTyped(undefined); // what is shown is what will be used
          }}
          onKeyDown={(event) => {
            const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
            if (direction === undefined || step === undefined) return;
            event.preventDefault();
            setTyped(undefined);
            onChange(Math.min(max, Math.max(min, rounded(value + direction * step, step))));
          }}
        />
        {unit === undefined ? null : <span className="unit">{unit}</span>}
      </span>
      {fault === undefined && help === undefined ? null : (
        <small id={`${id}-note`} className={fault === undefined ? 'help' : 'fault'}>
          {fault ?? help}
        </small>
      )}
    </div>
  );
}

/** A number from text with spaces and a decimal comma allowed; NaN where it is none. */
export function parseNumber(text: string): number {
  const plain = text.trim().replace(/^([+-]?\d+),(\d+)$/, '$1.$2');
  return plain === '' ? NaN : Number(plain);
}

/** What is wrong with the text as a number in a range, as a sentence. */
export function faultOf(text: string, min: number, max: number, isWhole = false): string | undefined {
  const parsed = parseNumber(text);
  if (Number.isNaN(parsed))
    return text.trim() === '' ? 'Write a number.' : `"${text.trim()}" is not a number.`;
  if (isWhole && !Number.isInteger(parsed)) return 'Write a whole number.';
  if (parsed < min) return `At least ${formatNumber(min)}.`;
  if (parsed > max) return `At most ${formatNumber(max)}.`;
  return undefined;
}

/** 0.00003 → "3e-5", 0.05 → "0.05". */
export function formatNumber(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential().replace('e+', 'e') : String(value);
}

/** Takes binary dust off a sum: 0.1 + 0.2 is 0.3 for a step of 0.1. */
function rounded(value: number, step: number): number {
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 1);
  return Number(value.toFixed(Math.min(digits, 12)));
}
