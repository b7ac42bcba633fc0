import { useId } from 'react';

export interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hideLabel?: boolean;
  placeholder?: string;
  disabled?: boolean;
}

/** One line of text. */
export function TextField({
  label,
  value,
  onChange,
  hideLabel = false,
  placeholder,
  disabled,
}: TextFieldProps) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id} className={hideLabel ? 'vh' : 'label'}>
        {label}
      </label>
      <span className="field">
        <input
          id={id}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      </span>
    </div>
  );
}
