/** The only place where the engine's events become state, and where the stores are brought back after a reload. */
import { onEngineEvent, restartEngine } from '../workers/engineClient.ts';
import { restoreAdapters } from './adapters.ts';
import { takeTokens } from './comparison.ts';
import { refreshCheck, restoreDataset } from './datasets.ts';
import { ensureDevice, forgetDevice, useDevice } from './device.ts';
import { forgetModel, onModelLoaded, restoreModel } from './models.ts';
import { logRequest } from './requests.ts';
import { restoreRuns, takeRunEvent } from './runs.ts';

/** Connects the workers with the stores and brings back what was there. Called once. */
export async function startStudio(): Promise<void> {
  onEngineEvent((event) => {
    switch (event.kind) {
      case 'phase':
      case 'evaluation':
      case 'checkpoint':
        takeRunEvent(event);
        return;
      case 'steps':
        takeRunEvent(event);
        useDevice.setState({ gpuBytes: event.steps.at(-1)?.gpuBytes ?? 0 });
        return;
      case 'tokens':
        takeTokens(event);
        return;
      case 'request':
        logRequest(event);
        return;
      case 'deviceLost':
        restartEngine();
        forgetModel();
        forgetDevice(event.problem);
        return;
    }
  });
  onModelLoaded(() => void refreshCheck());
  await Promise.all([restoreRuns(), restoreAdapters(), restoreDataset()]);
  await ensureDevice().catch(() => undefined);
  await restoreModel();
}
