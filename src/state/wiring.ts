/** The only place where the engine's events become state, and where the stores are brought back after a reload. */
import { toProblem } from '../lib/problem.ts';
import { onEngineEvent, restartEngine } from '../workers/engineClient.ts';
import { restoreAdapters } from './adapters.ts';
import { takeTokens } from './answers.ts';
import { takeModelDecoding } from './comparison.ts';
import { refreshCheck, restoreDataset, useDatasets } from './datasets.ts';
import { ensureDevice, forgetDevice, refreshMemory, useDevice } from './device.ts';
import { showFirstAnswers } from './firstTry.ts';
import { forgetModel, onModelLoaded, restoreModel } from './models.ts';
import { openFromAddress, restoreProof, stampRun, takeProofLine } from './proof.ts';
import { logRequest } from './requests.ts';
import { onRunFinished, onRunStarted } from './runControl.ts';
import { restoreRuns, takeRunEvent } from './runs.ts';

/** Connects the workers with the stores and brings back what was there. Called once. */
export async function startStudio(): Promise<void> {
  onEngineEvent((event) => {
    switch (event.kind) {
      case 'phase':
      case 'evaluation':
      case 'checkpoint':
      case 'deviceChecked':
        takeRunEvent(event);
        return;
      case 'steps':
        takeRunEvent(event);
        useDevice.setState({ gpuBytes: event.steps.at(-1)?.gpuBytes ?? 0 });
        return;
      case 'tokens':
        takeTokens(event);
        return;
      case 'proofLine':
        takeProofLine(event.line);
        return;
      case 'request':
        logRequest(event);
        return;
      case 'deviceLost':
        restartEngine(event.problem);
        forgetModel();
        forgetDevice(event.problem);
        return;
    }
  });
  onModelLoaded(() => void refreshCheck());
  onModelLoaded(takeModelDecoding);
  onRunStarted((runId) => void stampRun(runId));
  onRunFinished((runId) => {
    void refreshMemory();
    void stampRun(runId);
    showFirstAnswers();
  });
  const device = ensureDevice().catch(() => undefined);
  const restored = await Promise.allSettled([
    restoreRuns(),
    restoreAdapters(),
    restoreDataset(),
    restoreProof(),
  ]);
  for (const result of restored) {
    if (result.status === 'rejected') useDatasets.setState({ problem: toProblem(result.reason) });
  }
  await device;
  await restoreModel();
  void openFromAddress();
  // Kept runs and models are not to be cleared away when the disk fills; the browser may refuse.
  await navigator.storage.persist();
}
