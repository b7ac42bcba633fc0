/** What the tokenizer worker does for the page: the tokenizer, the open datasets and the knowledge base behind one API. */
import { makeExamples } from '../data/examples.ts';
import { findFindings } from '../data/findings.ts';
import { previewExample } from '../data/preview.ts';
import { split } from '../data/split.ts';
import { tokenizeExamples } from '../data/tokenize.ts';
import type { Example } from '../data/example.ts';
import { ProblemError, type Problem } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { removePath } from '../storage/fileStore.ts';
import { datasetFolder } from '../storage/paths.ts';
import { readTokenizerJson } from '../tokenizer/readTokenizerJson.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { closeTable, openDataset, tableOf } from './datasetStore.ts';
import { makeKnowledge, type Knowledge } from './knowledge.ts';
import type { ExamplesRequest, TokenizerApi } from './protocol.ts';
import { transfer } from './rpc.ts';

const MAX_CHECKED_EXAMPLES = 5_000;

/** A fresh session; one worker holds one. */
export function makeTokenizerSession(): TokenizerApi {
  let tokenizer: Tokenizer | undefined;
  let knowledge: Knowledge | undefined;

  const needTokenizer = (): Tokenizer => {
    if (tokenizer === undefined) {
      throw new ProblemError({
        code: 'no-tokenizer',
        message: 'There is no tokenizer yet.',
        fix: 'Load a model first; its tokenizer comes with it.',
      });
    }
    return tokenizer;
  };

  return {
    readDataset: ({ id, files }, job) => openDataset(id, files, job),

    rows: async ({ datasetId, offset, count }, job) => {
      const table = await tableOf(datasetId, job);
      return {
        rows: table.rows.slice(offset, offset + count),
        lines: table.lines.slice(offset, offset + count),
      };
    },

    forgetDataset: async ({ datasetId }) => {
      closeTable(datasetId);
      await removePath(datasetFolder(datasetId));
    },

    useTokenizer: async ({ json, name }) => {
      tokenizer = readTokenizerJson(json, name);
      return { vocabularySize: tokenizer.vocabularySize };
    },

    preview: async (request, job) => {
      const table = await tableOf(request.datasetId, job);
      return previewExample(table.rows, request.rowIndex, request.task, needTokenizer(), request);
    },

    check: async (request, job) => {
      const table = await tableOf(request.datasetId, job);
      const { examples, problems, parts } = await readExamples(request, job);
      const looked = examples.slice(0, MAX_CHECKED_EXAMPLES);
      const whole = await tokenizeExamples(
        looked,
        needTokenizer(),
        { maxInputTokens: Infinity, maxTargetTokens: Infinity },
        job,
      );
      const cut = await tokenizeExamples(looked, needTokenizer(), request, job);
      const inputLengths = differences(whole.tokens.inputOffsets);
      const targetLengths = differences(whole.tokens.labelOffsets);
      return {
        exampleCount: examples.length,
        checkedCount: looked.length,
        splitCounts: {
          train: parts.train.length,
          validation: parts.validation.length,
          test: parts.test.length,
        },
        findings: findFindings(table.rows, request.task, looked, cut.summary, cut),
        problems,
        summary: cut.summary,
        inputLengths,
        targetLengths,
      };
    },

    prepare: async (request, job) => {
      const { problems, parts } = await readExamples(request, job);
      const train = await tokenizeExamples(parts.train, needTokenizer(), request, job);
      const validation = await tokenizeExamples(parts.validation, needTokenizer(), request, job);
      return transfer(
        {
          train: train.tokens,
          validation: validation.tokens,
          test: parts.test,
          validationExamples: parts.validation,
          trainSummary: train.summary,
          validationSummary: validation.summary,
          problems,
        },
        [train.tokens, validation.tokens].flatMap((tokens) => [
          tokens.inputIds.buffer,
          tokens.inputOffsets.buffer,
          tokens.labelIds.buffer,
          tokens.labelOffsets.buffer,
        ]),
      );
    },

    readKnowledge: async (request, job) => {
      if ('files' in request) {
        knowledge = await makeKnowledge({ kind: 'files', files: request.files }, job);
      } else {
        const table = await tableOf(request.rows.datasetId, job);
        const { parts } = await readExamples(request.rows, job);
        knowledge = await makeKnowledge(
          {
            kind: 'rows',
            name: table.name,
            rows: table.rows,
            examples: parts.train,
            task: request.rows.task,
          },
          job,
        );
      }
      return knowledge.view;
    },

    forgetKnowledge: async () => {
      knowledge = undefined;
    },

    retrieve: async ({ prompts, passageCount, maxInputTokens }) => {
      const known = knowledge;
      if (known === undefined) return prompts.map(({ prompt }) => ({ prompt, passages: [] }));
      const countTokens = (text: string): number => needTokenizer().encode(text).length;
      return prompts.map((prompt) => known.promptFor(prompt, passageCount, maxInputTokens, countTokens));
    },
  };
}

interface SplitExamples {
  examples: readonly Example[];
  problems: readonly Problem[];
  parts: { train: readonly Example[]; validation: readonly Example[]; test: readonly Example[] };
}

/** Rows → examples → seeded split; the same request gives the same parts every time. */
async function readExamples(request: ExamplesRequest, job: Job): Promise<SplitExamples> {
  const table = await tableOf(request.datasetId, job);
  const excluded = new Set(request.excludedRows);
  const made = makeExamples(table, request.task);
  const examples = made.examples.filter(({ rowIndex }) => !excluded.has(rowIndex));
  const parts = split(examples, request);
  const pick = (indices: ArrayLike<number>): Example[] => Array.from(indices, (i) => examples[i]!);
  return {
    examples,
    problems: made.problems,
    parts: { train: pick(parts.train), validation: pick(parts.validation), test: pick(parts.test) },
  };
}

/** Lengths from offsets. */
function differences(offsets: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: offsets.length - 1 }, (_, i) => offsets[i + 1]! - offsets[i]!);
}
