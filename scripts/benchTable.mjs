/** The bench's rows as text, alone and against a baseline. A row: {name, unit, graft, peer, peerName, ratio}. */

/** Three significant digits, without an exponent. */
export function figure(value) {
  if (value === null || value === undefined) return '';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value === 0 ? '0' : value.toPrecision(3);
}

/** Columns padded to their widest cell; all but the first and those in `left` stand right. */
function columns(lines, left) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines.map((line) =>
    line
      .map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** The table that the bench prints. */
export function benchTable(rows) {
  const head = ['what', 'unit', 'Graft', 'peer', 'times as good as', ''];
  const body = rows.map(({ name, unit, graft, peer, peerName, ratio }) => [
    name,
    unit,
    figure(graft),
    figure(peer),
    ratio === null ? '' : `${figure(ratio)} x`,
    peerName ?? '',
  ]);
  return columns([head, ...body], [0, 1, 5]).join('\n');
}

/** Names a row: the same measurement against the same peer. */
const keyOf = ({ name, unit, peerName }) => `${name} | ${unit} | ${peerName ?? ''}`;

/** Peers by hand name the kernel that was best; which one it is may change. */
const sameKey = (row) => keyOf({ ...row, peerName: row.peerName?.replace(/ \(.*\)$/, '') });

/**
 * Lines that hold rows against a baseline's. Where there is a peer the ratios are compared, because the peer ran on the
 * same machine in the same minute; where there is none, the figures, which mean something on the same machine only.
 */
export function baselineLines(rows, baseline) {
  const known = new Map(baseline.rows.map((row) => [sameKey(row), row]));
  const lines = [['what', 'against', 'baseline', 'now', 'change']];
  for (const row of rows) {
    const before = known.get(sameKey(row));
    if (before === undefined) continue;
    const [was, is, unit] =
      row.ratio === null ? [before.graft, row.graft, ` ${row.unit}`] : [before.ratio, row.ratio, ' x'];
    const isBetterHigher = row.ratio !== null || row.unit.endsWith('/s');
    const gain = isBetterHigher ? is / was - 1 : was / is - 1;
    const word = Math.abs(gain) < 0.1 ? 'same' : gain > 0 ? 'better' : 'WORSE';
    const percent = `${gain > 0 ? '+' : ''}${Math.round(100 * gain)} %`;
    lines.push([
      row.name,
      row.peerName ?? '',
      `${figure(was)}${unit}`,
      `${figure(is)}${unit}`,
      `${percent} ${word}`,
    ]);
  }
  return lines.length === 1 ? [] : columns(lines, [0, 1, 4]);
}
