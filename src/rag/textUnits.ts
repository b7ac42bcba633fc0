/** Reads a text as units that are never cut: sentences, list items, lines of code; with their headings and lines. */

export interface Unit {
  text: string;
  wordCount: number;
  /** 1-based, inclusive. */
  firstLine: number;
  lastLine: number;
  endsParagraph: boolean;
  /** Headings the unit stands under, outermost first. */
  headings: readonly string[];
  /** The innermost of them. */
  ownHeading: string;
  /** Level of the innermost heading, 1 to 6; 0 without one. */
  headingLevel: number;
  /** Whether this is the first unit after a heading. */
  startsSection: boolean;
}

/** Longer sentences are cut between words. */
const LONGEST_UNIT_WORDS = 100;
/** Two ideographs or kana, or up to 24 other characters in a row. */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]{1,2}|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]{1,24}/gu;

const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const LIST_ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+/;
const RULE_OR_FENCE = /^\s*(?:```.*|~~~.*|[-=*_]{3,})\s*$/;
/** The end of a sentence: stop, closing quotes, space, and then something that can start one. Not after `Dr.` and the like. */
const SENTENCE_END =
  /(?<!\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|[A-Z]))[.!?…]+["'”’)\]]*\s+(?=["'“‘([]?[\p{Lu}\p{N}#])|[。！？]+/gu;

/** Units of a text in order. Headings are not units: they are named by the units below them. Bold marks are dropped. */
export function readUnits(text: string): Unit[] {
  const units: Unit[] = [];
  const headings: { level: number; text: string }[] = [];
  let startsSection = false;
  let block: { line: number; text: string }[] = [];

  const closeBlock = (): void => {
    const sentences = sentencesOf(block);
    sentences.forEach((sentence, i) => {
      units.push({
        ...sentence,
        endsParagraph: i === sentences.length - 1,
        headings: headings.map((heading) => heading.text),
        ownHeading: headings.at(-1)?.text ?? '',
        headingLevel: headings.at(-1)?.level ?? 0,
        startsSection,
      });
      startsSection = false;
    });
    block = [];
  };

  text.split(/\r\n|\r|\n/).forEach((lineText, index) => {
    const heading = HEADING.exec(lineText);
    if (heading !== null) {
      closeBlock();
      const level = heading[1]!.length;
      while (headings.length > 0 && headings.at(-1)!.level >= level) headings.pop();
      headings.push({ level, text: heading[2]! });
      startsSection = true;
    } else if (lineText.trim() === '' || RULE_OR_FENCE.test(lineText)) {
      closeBlock();
    } else {
      if (LIST_ITEM.test(lineText)) closeBlock();
      block.push({ line: index + 1, text: lineText.replaceAll('**', '').trim() });
    }
  });
  closeBlock();
  return units;
}

type Sentence = Pick<Unit, 'text' | 'wordCount' | 'firstLine' | 'lastLine'>;

function sentencesOf(lines: readonly { line: number; text: string }[]): Sentence[] {
  const joined = lines.map(({ text }) => text).join(' ');
  // Where each line ends in the joined text.
  let end = -1;
  const lineEnds = lines.map(({ text }) => (end += text.length + 1));
  let lineIndex = 0;
  const lineAt = (offset: number): number => {
    while (lineIndex < lines.length - 1 && offset >= lineEnds[lineIndex]!) lineIndex++;
    return lines[lineIndex]!.line;
  };

  const cuts = Array.from(joined.matchAll(SENTENCE_END), (match) => match.index + match[0].length);
  const sentences: Sentence[] = [];
  let from = 0;
  for (const to of [...cuts, joined.length]) {
    for (const [pieceFrom, pieceTo] of cutLong(joined, from, to)) {
      const text = joined.slice(pieceFrom, pieceTo).trim();
      if (text === '') continue;
      const firstLine = lineAt(pieceFrom);
      sentences.push({
        text,
        wordCount: countWords(text),
        firstLine,
        lastLine: lineAt(pieceFrom + text.length - 1),
      });
    }
    from = to;
  }
  return sentences;
}

/** Ranges of at most LONGEST_UNIT_WORDS words each. */
function cutLong(text: string, from: number, to: number): [number, number][] {
  const starts = Array.from(text.slice(from, to).matchAll(WORD), (match) => from + match.index);
  const ranges: [number, number][] = [];
  let start = from;
  for (let i = LONGEST_UNIT_WORDS; i < starts.length; i += LONGEST_UNIT_WORDS) {
    ranges.push([start, starts[i]!]);
    start = starts[i]!;
  }
  ranges.push([start, to]);
  return ranges;
}

/** Words of a text; scripts without spaces and endless strings count by length. */
export function countWords(text: string): number {
  let count = 0;
  WORD.lastIndex = 0;
  while (WORD.test(text)) count++;
  return count;
}
