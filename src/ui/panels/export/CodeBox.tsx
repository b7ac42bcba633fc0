import { useState } from 'react';
import { Button } from '../../components/Button.tsx';

/** Code to take along, with a button that copies it. */
export function CodeBox({ code, label }: { code: string; label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      setState('copied');
    } catch {
      setState('refused');
    }
  };
  return (
    <div className="code">
      <section aria-label={label}>
        <pre className="codebox">{code}</pre>
      </section>
      <p className="code-actions">
        <Button size="sm" onClick={() => void copy()}>
          Copy
        </Button>
        <output>
          {state === 'copied'
            ? 'Copied.'
            : state === 'refused'
              ? 'The browser did not allow copying. Select the text instead.'
              : ''}
        </output>
      </p>
    </div>
  );
}
