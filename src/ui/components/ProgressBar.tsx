import { formatBytes, formatCount } from '../../lib/format.ts';
import type { Progress } from '../../lib/progress.ts';
import { Button } from './Button.tsx';

export interface ProgressBarProps {
  progress: Progress | undefined;
  /** What goes on, for those who cannot see the bar. */
  label: string;
  onCancel?: () => void;
}

/** How far long work is: phase, counts, and a way to stop it. */
export function ProgressBar({ progress, label, onCancel }: ProgressBarProps) {
  const share =
    progress?.total === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const percent = share === undefined ? undefined : Math.round(100 * Math.min(1, share));
  return (
    <div className="progress-row">
      <div className="progress-text" aria-live="off">
        <span>{progress?.phase ?? label}</span>
        <span className="faint">{progress === undefined ? '' : countsOf(progress)}</span>
        {onCancel === undefined ? null : (
          <Button variant="quiet" size="sm" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
      <div
        className={percent === undefined ? 'progress indeterminate' : 'progress'}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <i style={{ width: `${percent ?? 30}%` }} />
      </div>
    </div>
  );
}

/** "12 of 400 rows", "3.1 MB". */
export function countsOf({ done, total, unit }: Progress): string {
  if (unit === 'bytes') {
    return total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
  }
  return total === undefined
    ? `${formatCount(done)} ${unit}`
    : `${formatCount(done)} of ${formatCount(total)} ${unit}`;
}
