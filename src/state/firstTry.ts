/** The first visit's path: one click to load, one to train, and the comparison appears by itself. */
import { answerWhenLoaded } from './answers.ts';
import { useDatasets } from './datasets.ts';
import { loadStarter } from './models.ts';
import { applyPreset } from './runSetup.ts';
import { setUpNewRun } from './runs.ts';
import { loadSample } from './samples.ts';
import { goTo, useSettings } from './settings.ts';

let isFirstTry = false;

/** Loads the sample and the starter model and opens Train with the preset for a quick try. */
export async function tryIt(): Promise<void> {
  applyPreset('quick');
  setUpNewRun();
  const [, isLoaded] = await Promise.all([loadSample('support-chats'), loadStarter()]);
  if (!isLoaded || useDatasets.getState().dataset === undefined) return;
  isFirstTry = true;
  goTo('train');
}

/** Shows all answers side by side when the first try's run is over, unless the person has gone elsewhere. */
export function showFirstAnswers(): void {
  if (!isFirstTry) return;
  isFirstTry = false;
  if (useSettings.getState().stop !== 'train') return;
  answerWhenLoaded();
  goTo('compare');
}
