/**
 * From pieces back to text. A decoder maps the list of pieces to a list of texts, which are then joined.
 * Reference: huggingface/tokenizers `decoders/`.
 */

export type Decoder =
  | { kind: 'metaspace'; replacement: string; dropsFirst: boolean }
  | { kind: 'replace'; from: string; to: string }
  | { kind: 'strip'; character: string; startCount: number; endCount: number }
  | { kind: 'byteFallback' }
  | { kind: 'fuse' };

/** Applies the decoders one after another and joins the result. */
export function decodePieces(pieces: readonly string[], decoders: readonly Decoder[]): string {
  return decoders.reduce(applyDecoder, pieces).join('');
}

function applyDecoder(pieces: readonly string[], decoder: Decoder): readonly string[] {
  switch (decoder.kind) {
    case 'metaspace':
      // In the first piece every replacement character goes, not only the leading one.
      return pieces.map((piece, i) =>
        piece.replaceAll(decoder.replacement, i === 0 && decoder.dropsFirst ? '' : ' '),
      );
    case 'replace':
      return pieces.map((piece) => piece.replaceAll(decoder.from, () => decoder.to));
    case 'strip':
      return pieces.map((piece) => stripPiece(piece, decoder));
    case 'byteFallback':
      return joinBytes(pieces);
    case 'fuse':
      return [pieces.join('')];
    default:
      return decoder satisfies never;
  }
}

function stripPiece(
  piece: string,
  { character, startCount, endCount }: Extract<Decoder, { kind: 'strip' }>,
): string {
  const characters = Array.from(piece);
  let start = 0;
  while (start < startCount && characters[start] === character) start++;
  let end = characters.length;
  while (characters.length - end < endCount && end > start && characters[end - 1] === character) end--;
  return characters.slice(start, end).join('');
}

/** Runs of `<0xNN>` become the UTF-8 text they spell, or one U+FFFD each where they spell none. */
function joinBytes(pieces: readonly string[]): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      texts.push(decoder.decode(Uint8Array.from(bytes)));
    } catch {
      texts.push(...bytes.map(() => '\u{FFFD}'));
    }
    bytes = [];
  };
  for (const piece of pieces) {
    const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece);
    if (match === null) {
      flush();
      texts.push(piece);
    } else {
      bytes.push(Number.parseInt(match[1]!, 16));
    }
  }
  flush();
  return texts;
}
