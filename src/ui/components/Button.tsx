import type { ButtonHTMLAttributes } from 'react';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary button a screen; `bad` destroys something. */
  variant?: 'primary' | 'plain' | 'quiet' | 'bad';
  size?: 'sm';
  /** Shows that the work it started goes on. */
  busy?: boolean;
}

/** A button in the language of the page. */
export function Button({ variant = 'plain', size, busy = false, className, ...rest }: ButtonProps) {
  const classes = ['btn', variant === 'plain' ? '' : variant, size ?? '', className ?? '']
    .filter((name) => name !== '')
    .join(' ');
  return <button type="button" className={classes} aria-busy={busy || undefined} {...rest} />;
}
