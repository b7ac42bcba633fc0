/** Numbers as people read them: units in words, three significant digits, a thin use of thousands separators. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 12345 → "12,345". */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** Bytes in decimal units: 1,500,000 → "1.5 MB". */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${formatCount(bytes)} bytes` : `${formatSignificant(value)} ${units[unit]}`;
}

/** At most three significant digits, without exponent: 3.14159 → "3.14", 1234 → "1,234". */
export function formatSignificant(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(Number(value.toPrecision(3)));
  if (magnitude >= 100) return grouped.format(value);
  if (magnitude >= 10) return value.toFixed(1);
  if (magnitude >= 1) return value.toFixed(2);
  return value.toFixed(3);
}

/** A loss or norm: always enough digits to see it move. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? value.toFixed(1) : value.toFixed(3);
}

/** A learning rate: 0.0003 → "3.00e-4". */
export function formatRate(value: number): string {
  return value === 0 ? '0' : value.toExponential(2);
}

/** A share as percent: 0.1234 → "12.3 %". */
export function formatShare(share: number): string {
  const percent = 100 * share;
  return `${percent >= 99.95 ? percent.toFixed(0) : percent >= 10 ? percent.toFixed(1) : percent.toFixed(2)} %`;
}

/** Milliseconds as the two largest units: 72,000 → "1 min 12 s". */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 950) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** "1 row", "2 rows". */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
