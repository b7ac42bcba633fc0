import { useEffect } from 'react';
import { useAdapters } from '../../../state/adapters.ts';
import { loadHeldOut } from '../../../state/answers.ts';
import { comparedExamples } from '../../../state/comparedRun.ts';
import { useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { useRunSetup } from '../../../state/runSetup.ts';

/** For which data and model the held-out rows were last prepared; an evaluation stays until one of them changes. */
let preparedFor: string | undefined;

/** Prepares the held-out rows when the panel opens and whenever data, adapter or model changed since. */
export function useHeldOut(): void {
  useDatasets();
  useRunSetup();
  useAdapters();
  const modelId = useModels(({ status, model }) => (status === 'ready' ? model?.id : undefined));
  const request = comparedExamples();
  const key = request === undefined || modelId === undefined ? undefined : JSON.stringify([request, modelId]);
  useEffect(() => {
    if (key === undefined || key === preparedFor) return;
    preparedFor = key;
    void loadHeldOut();
  }, [key]);
}
