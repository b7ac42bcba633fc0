export interface CheckboxFieldProps {
  label: string;
  /** Name for assistive technology where the label alone says too little. */
  name?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** One thing to tick. */
export function CheckboxField({ label, name, checked, onChange, disabled = false }: CheckboxFieldProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-label={name}
        onChange={(event) => {
          onChange(event.target.checked);
        }}
      />
      {label}
    </label>
  );
}
