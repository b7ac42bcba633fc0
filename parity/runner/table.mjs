/** The lines of the table as text. */

const widths = { name: 76, ours: 14, reference: 14, error: 10, tolerance: 10 };

/** Whether the error is within the tolerance; NaN never is. JSON has no NaN and no Infinity, so null counts as none. */
export function hasPassed({ error, tolerance }) {
  return typeof error === 'number' && error <= tolerance;
}

export function headLine() {
  const { name, ours, reference, error, tolerance } = widths;
  const heads = ['case'.padEnd(name), 'ours'.padStart(ours), 'reference'.padStart(reference)];
  return [...heads, 'error'.padStart(error), 'tolerance'.padStart(tolerance)].join('  ');
}

/** One comparison as a row of the table. */
export function tableLine(line) {
  const cells = [
    cut(line.name, widths.name).padEnd(widths.name),
    cut(valueText(line.ours), widths.ours).padStart(widths.ours),
    cut(valueText(line.reference), widths.reference).padStart(widths.reference),
    errorText(line.error).padStart(widths.error),
    errorText(line.tolerance).padStart(widths.tolerance),
    hasPassed(line) ? 'ok' : 'FAILED',
  ];
  return cells.join('  ');
}

function valueText(value) {
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toPrecision(8);
}

function errorText(error) {
  if (typeof error !== 'number') return 'none';
  return error === 0 ? '0' : error.toExponential(1);
}

const cut = (text, width) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
