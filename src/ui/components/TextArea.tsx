import { useId } from 'react';

export interface TextAreaProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  hideLabel?: boolean;
  placeholder?: string;
  /** Monospaced: for templates and code. */
  isCode?: boolean;
}

/** Several lines of text. */
export function TextArea({
  label,
  value,
  onChange,
  rows = 4,
  hideLabel = false,
  placeholder,
  isCode = false,
}: TextAreaProps) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id} className={hideLabel ? 'vh' : 'label'}>
        {label}
      </label>
      <textarea
        id={id}
        className={isCode ? 'field area mono' : 'field area'}
        rows={rows}
        value={value}
        placeholder={placeholder}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </div>
  );
}
