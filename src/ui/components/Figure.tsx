/** One number that matters, with its unit in the label. */
export function Figure({ label, value, unit }: { label: string; value: string; unit?: string }) {
  return (
    <div className="figure">
      <span className="figure-label">{unit === undefined ? label : `${label}, ${unit}`}</span>
      <b className="figure-value">{value}</b>
    </div>
  );
}
