/**
 * A BM25+ index over passages, on minisearch, which takes the number of different terms as a passage's length.
 * References: Robertson and Zaragoza (2009), The probabilistic relevance framework; Lv and Zhai (2011) for BM25+.
 */
import MiniSearch from 'minisearch';
import type { Job } from '../lib/progress.ts';
import type { Passage, ScoredPassage } from './passage.ts';
import { queryTerms, searchTerms } from './searchTerms.ts';

/** k: how soon repeated terms stop counting more. b: how much length counts. d: least worth of a term that occurs. */
const BM25 = { k: 1.2, b: 0.75, d: 0.5 };
/** A term in a heading says more than one in the text. */
const HEADING_BOOST = 1.5;
const PASSAGES_PER_SLICE = 500;
/** Of a longer question only the rarest terms are looked up; a whole dialogue would touch nearly every passage. */
const MOST_QUERY_TERMS = 32;

export interface Bm25Index {
  readonly passages: readonly Passage[];
  readonly search: MiniSearch<Passage & { id: number }>;
  /** In how many passages (counted per field) each term occurs. */
  readonly termCounts: ReadonlyMap<string, number>;
}

export interface RetrieveOptions {
  /** A training row that must not be found, so that no row is shown itself as help. */
  excludedRowIndex?: number;
}

/** Indexes passages; their order does not matter. Gives other work a turn between slices. */
export async function buildBm25Index(passages: readonly Passage[], job: Job = {}): Promise<Bm25Index> {
  const termCounts = new Map<string, number>();
  const search = new MiniSearch<Passage & { id: number }>({
    fields: ['heading', 'text'],
    tokenize: (text) => {
      const terms = searchTerms(text);
      for (const term of new Set(terms)) termCounts.set(term, (termCounts.get(term) ?? 0) + 1);
      return terms;
    },
    processTerm: (term) => term,
    searchOptions: { bm25: BM25, boost: { heading: HEADING_BOOST }, combineWith: 'OR' },
  });
  for (let from = 0; from < passages.length; from += PASSAGES_PER_SLICE) {
    job.signal?.throwIfAborted();
    const slice = passages.slice(from, from + PASSAGES_PER_SLICE);
    search.addAll(slice.map((passage, i) => ({ ...passage, id: from + i })));
    job.onProgress?.({ phase: 'Indexing', done: from + slice.length, total: passages.length, unit: 'rows' });
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { passages, search, termCounts };
}

/** The k passages that fit a question best, best first; fewer when fewer share a term with it. */
export function retrieve(
  index: Bm25Index,
  query: string,
  k: number,
  { excludedRowIndex }: RetrieveOptions = {},
): ScoredPassage[] {
  const found: ScoredPassage[] = [];
  for (const { id, score } of index.search.search(query, { tokenize: () => tellingTerms(index, query) })) {
    if (found.length >= k) break;
    const passage = index.passages[id as number]!;
    if (excludedRowIndex !== undefined && passage.rowIndex === excludedRowIndex) continue;
    found.push({ ...passage, score });
  }
  return found;
}

/** The terms of a question that occur at all, the rarest ones when there are many. */
function tellingTerms({ termCounts }: Bm25Index, query: string): string[] {
  const known = queryTerms(query).filter((term) => termCounts.has(term));
  if (known.length <= MOST_QUERY_TERMS) return known;
  return known.sort((a, b) => termCounts.get(a)! - termCounts.get(b)!).slice(0, MOST_QUERY_TERMS);
}
