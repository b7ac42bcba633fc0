/** The knowledge base that the RAG arms retrieve from: dropped files, or else the training rows. */
import { toProblem } from '../lib/problem.ts';
import type { RetrievedPassage } from '../workers/protocol.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { comparedExamples } from './comparedRun.ts';
import { useComparison } from './comparison.ts';
import { useRunSetup } from './runSetup.ts';

/** What the training rows were indexed from; they are indexed anew when it changes. */
let knowledgeKey = '';

/** Indexes dropped text files as the knowledge base. */
export async function readKnowledge(files: readonly File[]): Promise<void> {
  useComparison.setState({ isReadingKnowledge: true, problem: undefined });
  try {
    const knowledge = await tokenizerWorker().call('readKnowledge', { files });
    useComparison.setState({ knowledge });
  } catch (error) {
    useComparison.setState({ problem: toProblem(error) });
  } finally {
    useComparison.setState({ isReadingKnowledge: false });
  }
}

/** Goes back to the training rows as the knowledge base. */
export async function forgetKnowledge(): Promise<void> {
  await tokenizerWorker().call('forgetKnowledge', {});
  useComparison.setState({ knowledge: undefined });
}

/** Passages for each prompt, and the prompt with them; those of a held-out row never come from that row. */
export async function retrieve(
  prompts: readonly { prompt: string; rowIndex?: number }[],
  signal: AbortSignal,
): Promise<{ prompt: string; passages: RetrievedPassage[] }[]> {
  const { knowledge, passageCount } = useComparison.getState();
  if (knowledge?.source !== 'files') {
    const rows = comparedExamples();
    if (rows === undefined) return prompts.map(({ prompt }) => ({ prompt, passages: [] }));
    if (knowledge === undefined || knowledgeKey !== JSON.stringify(rows)) {
      const read = await tokenizerWorker().call('readKnowledge', { rows }, { signal });
      knowledgeKey = JSON.stringify(rows);
      useComparison.setState({ knowledge: read });
    }
  }
  const { maxInputTokens } = useRunSetup.getState().config;
  return tokenizerWorker().call('retrieve', { prompts, passageCount, maxInputTokens }, { signal });
}
