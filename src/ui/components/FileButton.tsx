import { useId } from 'react';

export interface FileButtonProps {
  label: string;
  /** As the `accept` attribute of a file input. */
  accept?: string;
  multiple?: boolean;
  disabled?: boolean;
  busy?: boolean;
  variant?: 'primary' | 'plain' | 'quiet';
  onFiles: (files: File[]) => void;
}

/** Picks files from the disk. The input itself carries the label; the same file can be picked twice in a row. */
export function FileButton({
  label,
  accept,
  multiple = false,
  disabled = false,
  busy = false,
  variant = 'plain',
  onFiles,
}: FileButtonProps) {
  const id = useId();
  const classes = ['btn', 'file', variant === 'plain' ? '' : variant, disabled ? 'disabled' : ''];
  return (
    <label
      htmlFor={id}
      className={classes.filter((name) => name !== '').join(' ')}
      aria-busy={busy || undefined}
    >
      {label}
      <input
        id={id}
        type="file"
        className="vh"
        accept={accept}
        multiple={multiple}
        disabled={disabled}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
