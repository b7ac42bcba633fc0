/** What a run leaves beside its weights, as transformers' Trainer does: its state, and its log as lines. Pure. */
import { trainerState, type TrainedRun } from './trainerState.ts';

/**
 * Name → text. `trainer_state.json` is read by `TrainerState.load_from_json`; `trainer_log.jsonl` has the entries of its
 * `log_history`, one a line.
 */
export function trainerFiles(run: TrainedRun): Map<string, string> {
  const state = trainerState(run);
  const log = state['log_history'] as readonly Record<string, number>[];
  return new Map([
    ['trainer_state.json', `${JSON.stringify(state, null, 2)}\n`],
    ['trainer_log.jsonl', log.map((entry) => `${JSON.stringify(entry)}\n`).join('')],
  ]);
}
