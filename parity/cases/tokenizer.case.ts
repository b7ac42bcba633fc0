/** Ids and decoded texts against Hugging Face `tokenizers`: on many texts, and on random ids. */
import { readTokenizerJson } from '../../src/tokenizer/readTokenizerJson.ts';
import { compareCounts } from '../lib/compare.ts';
import type { Folder } from '../lib/folder.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

/** Ids, their text, and their text with special tokens. */
type Encoded = readonly [ids: number[], text: string, whole: string];

const tokenizerCase: ParityCase = {
  usesDevice: false,
  async *run(folder) {
    const texts = await jsonLines<string>(folder, 'texts.jsonl');
    for (const [i, name] of (await folder.json<string[]>('tokenizers.json')).entries()) {
      const tokenizer = readTokenizerJson(await folder.text(`${i}.json`), `${i}.json`);
      const decodes = ([ids, text, whole]: Encoded): boolean =>
        tokenizer.decode(ids) === text && tokenizer.decode(ids, { skipSpecialTokens: false }) === whole;

      const encoded = await jsonLines<Encoded>(folder, `${i}.encoded.jsonl`);
      const isEncoded = texts.map((text, at) => isSame(tokenizer.encode(text), encoded[at]![0]));
      yield countLine(`${name} ids of ${texts.length} texts`, isEncoded, texts);
      yield countLine(`${name} decoded texts of their ids`, encoded.map(decodes), texts);
      const random = await jsonLines<Encoded>(folder, `${i}.decoded.jsonl`);
      const ids = random.map(([list]) => list.join(' '));
      yield countLine(
        `${name} decoded texts of ${random.length} lists of random ids`,
        random.map(decodes),
        ids,
      );
    }
  },
};

export default tokenizerCase;

async function jsonLines<T>(folder: Folder, path: string): Promise<T[]> {
  const lines = (await folder.text(path)).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

function isSame(ours: ArrayLike<number>, theirs: readonly number[]): boolean {
  return ours.length === theirs.length && theirs.every((id, i) => ours[i] === id);
}

/** How many are equal; the first input that is not goes into the name. */
function countLine(name: string, isEqual: readonly boolean[], inputs: readonly string[]): Line {
  const first = isEqual.indexOf(false);
  const equalCount = isEqual.filter(Boolean).length;
  const shown = first < 0 ? name : `${name}, not ${JSON.stringify(inputs[first])}`;
  return compareCounts(shown, equalCount, isEqual.length);
}
