/** The knowledge base behind RAG: passages of dropped text files, or the training rows, under a BM25 index. */
import type { Example } from '../data/example.ts';
import { slotValues } from '../data/examples.ts';
import type { Task } from '../data/task.ts';
import { decodeText } from '../formats/decodeText.ts';
import type { Row } from '../formats/table.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { buildBm25Index, retrieve } from '../rag/bm25Index.ts';
import { chunkText } from '../rag/chunk.ts';
import { makeContextPrompt } from '../rag/contextPrompt.ts';
import type { Passage } from '../rag/passage.ts';
import { rowPassages } from '../rag/rowPassages.ts';
import type { KnowledgeView, RetrievalPrompt, RetrievedPassage } from './protocol.ts';

export interface Knowledge {
  view: KnowledgeView;
  promptFor(
    prompt: RetrievalPrompt,
    passageCount: number,
    maxInputTokens: number,
    countTokens: (text: string) => number,
  ): { prompt: string; passages: RetrievedPassage[] };
}

type KnowledgeSource =
  | { kind: 'files'; files: readonly File[] }
  | { kind: 'rows'; name: string; rows: readonly Row[]; examples: readonly Example[]; task: Task };

/** Reads and indexes a source. Throws ProblemError for a file that holds no text. */
export async function makeKnowledge(source: KnowledgeSource, job: Job): Promise<Knowledge> {
  const passages = source.kind === 'files' ? await filePassages(source.files, job) : rowPassagesOf(source);
  if (passages.length === 0) {
    throw new ProblemError({
      code: 'no-passages',
      message: 'There is no text to retrieve from.',
      fix: 'Drop text or markdown files with some sentences in them.',
    });
  }
  const index = await buildBm25Index(passages, job);
  return {
    view: {
      source: source.kind,
      names: source.kind === 'files' ? source.files.map(({ name }) => name) : [source.name],
      passageCount: passages.length,
    },
    promptFor: ({ prompt, rowIndex }, passageCount, maxInputTokens, countTokens) => {
      const options = rowIndex === undefined ? {} : { excludedRowIndex: rowIndex };
      const made = makeContextPrompt({
        prompt,
        passages: retrieve(index, prompt, passageCount, options),
        budgetTokens: maxInputTokens,
        countTokens,
      });
      return {
        prompt: made.text,
        passages: made.passages.map(({ score, ...passage }) => ({ passage, score })),
      };
    },
  };
}

async function filePassages(files: readonly File[], job: Job): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const [done, file] of files.entries()) {
    job.signal?.throwIfAborted();
    job.onProgress?.({ phase: `Reading ${file.name}`, done, total: files.length, unit: 'files' });
    const { text } = decodeText(new Uint8Array(await file.arrayBuffer()), file.name);
    passages.push(...chunkText(text, file.name));
  }
  return passages;
}

function rowPassagesOf(source: Extract<KnowledgeSource, { kind: 'rows' }>): Passage[] {
  const texts = source.examples.map(({ rowIndex, target }) => {
    const { instruction = '', input = '' } = slotValues(source.rows[rowIndex]!, source.task);
    return { rowIndex, input: `${instruction} ${input}`.trim(), target };
  });
  return rowPassages(texts, source.name);
}
