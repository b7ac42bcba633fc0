/** The tables that come with Graft, as `public/samples/index.json` lists them. */
import { create } from 'zustand';
import { ProblemError, toProblem } from '../lib/problem.ts';
import { readKnowledge } from './knowledge.ts';
import { readFiles, useDatasets } from './datasets.ts';
import { logRequest } from './requests.ts';

/** One entry of the list. */
export interface Sample {
  readonly id: string;
  readonly file: string;
  readonly title: string;
  readonly description: string;
  readonly input: string;
  readonly target: string;
  readonly rows: number;
  readonly licence: string;
  /** Text files that hold the answers, for retrieval. */
  readonly knowledge?: readonly string[];
}

export const useSamples = create<{ samples: readonly Sample[] }>(() => ({ samples: [] }));

/** Reads the list once; without it the page only lacks the samples' names. */
export async function listSamples(): Promise<void> {
  if (useSamples.getState().samples.length > 0) return;
  try {
    const file = await fetchSampleFile('index.json');
    useSamples.setState({ samples: JSON.parse(await file.text()) as Sample[] });
  } catch (error) {
    useDatasets.setState({ problem: toProblem(error) });
  }
}

/** Loads a sample by its id; one with pages of its own also puts them into the knowledge base. */
export async function loadSample(id: string): Promise<void> {
  await listSamples();
  const sample = useSamples.getState().samples.find((entry) => entry.id === id);
  if (sample === undefined) return; // the list's own problem is already shown
  try {
    const [table, ...pages] = await Promise.all(
      [sample.file, ...(sample.knowledge ?? [])].map(async (path) => fetchSampleFile(path)),
    );
    await readFiles([table!]);
    if (pages.length > 0) await readKnowledge(pages);
  } catch (error) {
    useDatasets.setState({ problem: toProblem(error) });
  }
}

async function fetchSampleFile(path: string): Promise<File> {
  const url = new URL(`./samples/${path}`, location.href);
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok !== true) {
    throw new ProblemError({
      code: 'sample-missing',
      message: `The sample file ${path} could not be loaded (${response === undefined ? 'no answer' : response.status}).`,
      fix: 'Check that Graft was built and served whole, then reload.',
      file: path,
    });
  }
  const bytes = await response.blob();
  logRequest({ url: url.pathname, bytesDown: bytes.size, bytesUp: 0 });
  return new File([bytes], path.split('/').at(-1)!);
}
