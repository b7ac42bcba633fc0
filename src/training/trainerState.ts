/** A run in the words of transformers' Trainer: trainer_state.json and TrainOutput. Pure: the page imports it. */
import { stepsPerEpoch } from '../data/sampler.ts';
import type { EvalMetrics, StepMetrics } from './metrics.ts';
import type { RunConfig } from './runConfig.ts';

/** What a run's record knows. */
export interface TrainedRun {
  readonly config: RunConfig;
  readonly trainExampleCount: number;
  /** Optimizer steps of the whole run. */
  readonly totalSteps: number;
  readonly steps: readonly StepMetrics[];
  readonly evaluations: readonly EvalMetrics[];
  /** Absent while the run goes on. */
  readonly outcome?: {
    readonly step: number;
    readonly trainingLoss: number;
    readonly runtimeMs: number;
    readonly totalFlos?: number;
  };
}

export interface TrainOutput {
  readonly global_step: number;
  readonly training_loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What `Trainer.train()` returns; null while the run goes on. */
export function trainOutput(run: TrainedRun): TrainOutput | null {
  const { outcome, steps } = run;
  if (outcome === undefined) return null;
  const metrics = {
    ...speedMetrics(run, outcome.runtimeMs / 1000),
    ...(outcome.totalFlos === undefined ? {} : { total_flos: outcome.totalFlos }),
    train_loss: outcome.trainingLoss,
    epoch: steps.at(-1)?.epoch ?? 0,
  };
  return { global_step: outcome.step, training_loss: outcome.trainingLoss, metrics };
}

/** The content of trainer_state.json: keys, order and values as `TrainerState.save_to_json` writes them. */
export function trainerState(run: TrainedRun): Record<string, unknown> {
  const { config, steps, evaluations, outcome, totalSteps } = run;
  const last = steps.at(-1);
  const best = evaluations
    .filter(({ step }) => step > 0)
    .reduce<EvalMetrics | null>((a, b) => (a === null || b.loss < a.loss ? b : a), null);
  const perEpoch = stepsPerEpoch(config, run.trainExampleCount);
  return {
    best_global_step: best?.step ?? null,
    best_metric: best?.loss ?? null,
    best_model_checkpoint: null,
    epoch: last?.epoch ?? 0,
    eval_steps: config.evalSteps > 0 ? config.evalSteps : perEpoch,
    global_step: outcome?.step ?? last?.step ?? 0,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: logHistory(run),
    logging_steps: 1,
    max_steps: totalSteps,
    num_input_tokens_seen: 0,
    num_train_epochs: Math.ceil(config.maxSteps > 0 ? totalSteps / perEpoch : config.epochs),
    save_steps: config.saveSteps,
    stateful_callbacks: {
      TrainerControl: {
        args: {
          should_epoch_stop: false,
          should_evaluate: false,
          should_log: false,
          should_save: true, // as Trainer notes it while it saves
          should_training_stop: (outcome?.step ?? 0) >= totalSteps,
        },
        attributes: {},
      },
    },
    total_flos: outcome?.totalFlos ?? 0,
    train_batch_size: config.batchSize,
    trial_name: null,
    trial_params: null,
  };
}

function logHistory(run: TrainedRun): Record<string, number>[] {
  const { steps, evaluations, outcome } = run;
  const entries = [
    ...steps.map(({ epoch, gradNorm, learningRate, loss, step }) => ({
      epoch,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      loss,
      step,
    })),
    ...evaluations.map(({ epoch, loss, step }) => ({ epoch, eval_loss: loss, step })),
  ].sort((a, b) => a.step - b.step);
  if (outcome === undefined) return entries;
  const end = {
    epoch: steps.at(-1)?.epoch ?? 0,
    step: outcome.step,
    total_flos: outcome.totalFlos ?? 0,
    train_loss: outcome.trainingLoss,
    ...speedMetrics(run, outcome.runtimeMs / 1000),
  };
  return [...entries, end];
}

/** As transformers' `speed_metrics`: of the planned rows, the share of the steps that were taken. */
function speedMetrics({ config, trainExampleCount, totalSteps, outcome }: TrainedRun, seconds: number) {
  const plannedRows =
    config.maxSteps > 0
      ? config.maxSteps * config.batchSize * config.gradientAccumulationSteps
      : config.epochs * trainExampleCount;
  const steps = outcome?.step ?? 0;
  const rows = (plannedRows * steps) / Math.max(1, totalSteps);
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  return {
    train_runtime: round(seconds, 4),
    train_samples_per_second: seconds > 0 ? round(rows / seconds, 3) : 0,
    train_steps_per_second: seconds > 0 ? round(steps / seconds, 3) : 0,
  };
}
