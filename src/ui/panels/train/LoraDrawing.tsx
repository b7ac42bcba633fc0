interface LoraDrawingProps {
  r: number;
  inSize: number;
  outSize: number;
}

/** Longest side of the drawn matrix, pixels. */
const SIDE = 112;

/** One frozen matrix with its two thin ones, drawn to scale (a thin side is at least 3 pixels). */
export function LoraDrawing({ r, inSize, outSize }: LoraDrawingProps) {
  const scale = SIDE / Math.max(inSize, outSize);
  const width = inSize * scale;
  const height = outSize * scale;
  const thin = Math.min(28, Math.max(3, r * scale));
  const left = 26;
  const top = 20;
  const bX = left + width + 44;
  const aX = bX + thin + 12;
  return (
    <svg
      className="lora-drawing"
      viewBox={`0 0 ${aX + width + 4} ${Math.max(top + height, top + 60) + 34}`}
      role="img"
      aria-label={`A frozen matrix of ${outSize} by ${inSize}, plus B of ${outSize} by ${r} times A of ${r} by ${inSize}`}
    >
      <rect className="lora-frozen" x={left} y={top} width={width} height={height} />
      <text className="lora-name" x={left + width / 2} y={top + height / 2} textAnchor="middle">
        W
      </text>
      <text x={left + width / 2} y={top + height / 2 + 15} textAnchor="middle">
        frozen
      </text>
      <text x={left + width / 2} y={top - 7} textAnchor="middle">
        {inSize} in
      </text>
      <text transform={`translate(${left - 8} ${top + height / 2}) rotate(-90)`} textAnchor="middle">
        {outSize} out
      </text>
      <text className="lora-name" x={left + width + 22} y={top + height / 2 + 4} textAnchor="middle">
        +
      </text>
      <rect className="lora-learned" x={bX} y={top} width={thin} height={height} />
      <text x={bX + thin / 2} y={top + height + 15} textAnchor="middle">
        B
      </text>
      <rect className="lora-learned" x={aX} y={top} width={width} height={thin} />
      <text x={aX + width / 2} y={top + thin + 16} textAnchor="middle">
        A, {r} × {inSize}
      </text>
      <text x={left} y={Math.max(top + height, top + 60) + 30}>
        y = Wx + (α ⁄ r) · B(Ax)
      </text>
    </svg>
  );
}
