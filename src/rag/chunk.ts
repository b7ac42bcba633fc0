/**
 * Cuts plain text or Markdown into passages of 80 to 120 words at paragraph, heading and sentence borders.
 * Neighbouring passages of one section share a sentence or two, so that an answer at a border is found whole.
 */
import type { Passage } from './passage.ts';
import { readUnits, type Unit } from './textUnits.ts';

/** A passage this long ends at the next paragraph. */
const ENOUGH_WORDS = 80;
/** No passage grows beyond this, except by the words it shares with the one before. */
const MOST_WORDS = 120;
/** A section shorter than this goes on into the next one. */
const SHORT_SECTION_WORDS = 40;
/** Words at most that a passage repeats from the one before it. */
const OVERLAP_WORDS = 25;

/** Passages of a text in order. `source` is the file name. */
export function chunkText(text: string, source: string): Passage[] {
  const passages: Passage[] = [];
  let current: Unit[] = [];
  let wordCount = 0;
  /** Units at the start of `current` that the former passage has already. */
  let sharedCount = 0;

  const close = (sharesEnd: boolean): void => {
    if (current.length > sharedCount) passages.push(passageOf(current, source));
    const shared = sharesEnd ? lastUnits(current, OVERLAP_WORDS) : [];
    current = shared;
    sharedCount = shared.length;
    wordCount = 0;
  };

  for (const unit of readUnits(text)) {
    const startsSection = current.length > 0 && unit.startsSection;
    const hasOnlyShared = current.length === sharedCount;
    if (startsSection && (hasOnlyShared || wordCount >= SHORT_SECTION_WORDS || unit.headingLevel === 1))
      close(false);
    else if (wordCount > 0 && wordCount + unit.wordCount > MOST_WORDS) close(!startsSection);
    current.push(unit);
    wordCount += unit.wordCount;
    if (wordCount >= ENOUGH_WORDS && unit.endsParagraph) close(true);
  }
  close(false);
  return passages;
}

function passageOf(units: readonly Unit[], source: string): Passage {
  const first = units[0]!;
  const parts = units.map((unit, i) => {
    // A short section that was joined to the one before brings its heading along.
    const text =
      i > 0 && unit.startsSection && unit.ownHeading !== '' ? `${unit.ownHeading}: ${unit.text}` : unit.text;
    return i === 0 ? text : `${units[i - 1]!.endsParagraph ? '\n' : ' '}${text}`;
  });
  return {
    source,
    heading: first.headings.join(' › '),
    text: parts.join(''),
    firstLine: first.firstLine,
    lastLine: units.at(-1)!.lastLine,
  };
}

/** As many whole units from the end as fit into `limit` words. */
function lastUnits(units: readonly Unit[], limit: number): Unit[] {
  let wordCount = 0;
  let from = units.length;
  while (from > 0 && wordCount + units[from - 1]!.wordCount <= limit) wordCount += units[--from]!.wordCount;
  return units.slice(from);
}
