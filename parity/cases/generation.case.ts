/** Greedy decoding and beam search against `generate` of transformers: the same ids, prompt by prompt. */
import { inferencePass, type ForwardPass } from '../../src/engine/t5/forwardPass.ts';
import { generate } from '../../src/engine/t5/generate.ts';
import { padPrompts } from '../../src/engine/t5/promptBatch.ts';
import { disposeWeights } from '../../src/engine/weights.ts';
import { caseTitle, fromPython, type PythonOptions } from '../../src/test/golden/generation/decodingCase.ts';
import { compareCounts } from '../lib/compare.ts';
import { loadModel } from '../lib/models.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

const BATCH_ROWS = 40;

interface Group {
  readonly model: string;
  readonly prompts: readonly (readonly number[])[];
  /** Fewer answers than this that do not hang on rounding show nothing. */
  readonly least: number;
  readonly cases: readonly GoldenCase[];
}

interface GoldenCase {
  readonly options: PythonOptions;
  readonly ids: readonly (readonly number[])[];
  /** Rows whose answer transformers itself changes with the number format. */
  readonly doubtful: readonly number[];
}

const generationCase: ParityCase = {
  usesDevice: true,
  async *run(folder) {
    for (const { model, prompts, least, cases } of await folder.json<Group[]>('groups.json')) {
      const { config, weights } = await loadModel(folder, model);
      for (const golden of cases) {
        const found = await answer(inferencePass(config, weights), prompts, golden.options);
        yield compareAnswers(model, golden, found, least);
      }
      disposeWeights(weights);
    }
  },
};

export default generationCase;

async function answer(
  pass: ForwardPass,
  prompts: Group['prompts'],
  options: PythonOptions,
): Promise<(readonly number[])[]> {
  const answers: (readonly number[])[] = [];
  for (let start = 0; start < prompts.length; start += BATCH_ROWS) {
    const batch = padPrompts(prompts.slice(start, start + BATCH_ROWS));
    const rows = await generate(pass, batch, fromPython(options));
    answers.push(...rows.map(({ ids }) => ids));
  }
  return answers;
}

/** How many answers are the same, of those that do not hang on rounding. */
function compareAnswers(
  model: string,
  golden: GoldenCase,
  found: readonly (readonly number[])[],
  least: number,
): Line {
  const { options, ids, doubtful } = golden;
  const certain = found.map((_, row) => row).filter((row) => !doubtful.includes(row));
  const same = certain.filter((row) => found[row]!.join() === ids[row]!.join());
  const left = doubtful.length === 0 ? '' : ` (${doubtful.length} more hang on rounding)`;
  const line = compareCounts(
    `${model}, ${caseTitle(options)}, same answers${left}`,
    same.length,
    certain.length,
  );
  return certain.length < least ? { ...line, reference: `at least ${least}`, error: Infinity } : line;
}
