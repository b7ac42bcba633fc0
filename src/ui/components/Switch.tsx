import { useId } from 'react';

export interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off, at once. */
export function Switch({ label, checked, onChange }: SwitchProps) {
  const id = useId();
  return (
    <span className="switch">
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={checked}
        aria-label={label}
        className={checked ? 'sw on' : 'sw'}
        onClick={() => {
          onChange(!checked);
        }}
      />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
