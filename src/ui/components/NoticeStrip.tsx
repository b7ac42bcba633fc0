import type { ReactNode } from 'react';

/** A remark across the panel: good to know, worth a look, or done. */
export function NoticeStrip({ tone, children }: { tone: 'note' | 'warn' | 'ok'; children: ReactNode }) {
  return (
    <div className={tone === 'note' ? 'strip' : `strip ${tone}`} role="status">
      {children}
    </div>
  );
}
