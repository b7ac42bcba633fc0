/** What can be compared now: on which examples, with which arms. */
import type { Arm } from '../eval/comparison.ts';
import type { ExamplesRequest } from '../workers/protocol.ts';
import { chosenAdapter, useAdapters } from './adapters.ts';
import { useComparison } from './comparison.ts';
import { examplesRequest, useDatasets } from './datasets.ts';
import { useModels } from './models.ts';
import { useRuns } from './runs.ts';

/**
 * The examples to compare on: those of the run that made the chosen adapter, in that run's own split, so that held-out
 * rows are rows it never saw; the open dataset as it is set up now where there is no such run.
 */
export function comparedExamples(): ExamplesRequest | undefined {
  const { chosenId } = useAdapters.getState();
  const { dataset } = useDatasets.getState();
  const run = useRuns.getState().runs.find(({ id }) => id === chosenId);
  return run !== undefined && run.datasetId === dataset?.id ? run.examples : examplesRequest();
}

/** Whether the chosen adapter belongs to the loaded model. */
export function isAdapterUsable(): boolean {
  const adapter = chosenAdapter(useAdapters.getState());
  return adapter !== undefined && adapter.modelId === useModels.getState().model?.id;
}

/** Which arms can answer now: the tuned ones need an adapter, the RAG ones something to retrieve from. */
export function availableArms(): Arm[] {
  const hasTuned = isAdapterUsable();
  const canRetrieve = useComparison.getState().knowledge !== undefined || examplesRequest() !== undefined;
  const arms: Arm[] = ['prompt'];
  if (canRetrieve) arms.push('rag');
  if (hasTuned) arms.push('tuned');
  if (hasTuned && canRetrieve) arms.push('tuned-rag');
  return arms;
}
