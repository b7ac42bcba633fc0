import type { ReactNode } from 'react';

interface TrackProps {
  /** Name of the figure. */
  name: string;
  /** What is drawn, in a few words. */
  hint: string;
  /** The current figures in a sentence, for those who cannot see the curve. */
  summary: string;
  readings: ReactNode;
  children: ReactNode;
}

/** One instrument over the shared time axis: its name at the left, the curve, the current figures at the right. */
export function Track({ name, hint, summary, readings, children }: TrackProps) {
  return (
    <figure className="track" aria-label={name}>
      <div className="track-name" aria-hidden="true">
        <b>{name}</b>
        <small>{hint}</small>
      </div>
      <p className="vh">{summary}</p>
      <div className="track-plot">{children}</div>
      <div className="track-readings" aria-hidden="true">
        {readings}
      </div>
    </figure>
  );
}

interface ReadingProps {
  label?: string;
  value: string;
  isBig?: boolean;
  /** How the curve is drawn: bold line, thin line or dot. */
  mark?: 'bold' | 'thin' | 'dot';
}

/** One figure at the right of a track. */
export function Reading({ label = '', value, isBig = false, mark }: ReadingProps) {
  return (
    <>
      <span className="track-label">
        {mark === undefined ? null : <i className={`track-mark track-mark-${mark}`} />}
        {label}
      </span>
      <b className={isBig ? 'track-big' : undefined}>{value}</b>
    </>
  );
}
