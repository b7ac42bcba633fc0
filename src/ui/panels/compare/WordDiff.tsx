import { wordDiff } from '../../../eval/wordDiff.ts';

/** A text against its reference: what was added is marked, what is missing is struck out. */
export function WordDiff({ reference, text }: { reference: string; text: string }) {
  return (
    <>
      {wordDiff(reference, text).map(({ kind, text: words }, i) =>
        kind === 'added' ? (
          <ins key={i}>{words}</ins>
        ) : kind === 'missing' ? (
          <del key={i}>{words}</del>
        ) : (
          <span key={i}>{words}</span>
        ),
      )}
    </>
  );
}
