/** The tokenizer at hand against the ids that Hugging Face's `tokenizers` gives. */
import { sha256 } from '../lib/sha256.ts';
import type { ProofLine } from '../training/proof/proofReport.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** public/proof/tokenizer-vectors.json */
export interface TokenizerVectors {
  readonly tokenizers: string;
  readonly vocabularies: readonly {
    readonly fingerprint: string;
    readonly vectors: readonly { readonly text: string; readonly ids: readonly number[] }[];
  }[];
}

/** Encodes every vector that belongs to this vocabulary; a vocabulary without vectors is not tried. */
export async function tokenizerProof(
  tokenizer: Tokenizer,
  tokenizerJson: string,
  known: TokenizerVectors,
): Promise<ProofLine> {
  const claim = "Token ids are Hugging Face's";
  const fingerprint = await vocabularyFingerprint(tokenizerJson);
  const found = known.vocabularies.find((vocabulary) => vocabulary.fingerprint === fingerprint);
  if (found === undefined) {
    const finding =
      'There are no reference ids for this vocabulary here; there are for the starter and for T5.';
    return { id: 'tokenizer', claim, verdict: 'not tried', finding };
  }
  const wrong = found.vectors.filter(({ text, ids }) => {
    const got = tokenizer.encode(text);
    return got.length !== ids.length || ids.some((id, i) => got[i] !== id);
  });
  const finding =
    wrong.length === 0
      ? `${found.vectors.length} texts give the same ids as tokenizers ${known.tokenizers}.`
      : `${wrong.length} of ${found.vectors.length} texts give other ids than tokenizers ${known.tokenizers}, the first: ${JSON.stringify(wrong[0]!.text)}.`;
  return { id: 'tokenizer', claim, verdict: wrong.length === 0 ? 'holds' : 'fails', finding };
}

/** SHA-256 of the vocabulary's pieces, one a line. */
function vocabularyFingerprint(tokenizerJson: string): Promise<string> {
  const { model } = JSON.parse(tokenizerJson) as { model: { vocab: readonly (readonly [string, number])[] } };
  const lines = new TextEncoder().encode(model.vocab.map(([piece]) => piece).join('\n'));
  return sha256(lines);
}
