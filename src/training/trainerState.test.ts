import { expect, test } from 'vitest';
import { totalSteps } from '../data/sampler.ts';
import { readT5Config } from '../interop/t5ConfigJson.ts';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { PRESETS } from './presets.ts';
import { readRunConfig } from './readRunConfig.ts';
import type { RecordedRun } from './replayRun.ts';
import { totalFlos } from './totalFlos.ts';
import { countTrainable } from './trainableCount.ts';
import { trainerState, trainOutput, type TrainedRun } from './trainerState.ts';

type LogEntry = Record<string, number>;
const RUNS = ['lora', 'full', 'lab', 'smoothing', 'adafactor', 'adafactorSlow', 'adafactorFixed'];

function recorded(name: string): { run: TrainedRun; golden: RecordedRun; state: Record<string, unknown> } {
  const golden = goldenJson(`training/${name}/run.json`) as RecordedRun;
  const state = golden.trainerState;
  const config = readRunConfig({ ...golden.config, saveSteps: 500, evalSteps: 500 });
  const model = readT5Config(goldenJson('gated/config.json'), 'config.json');
  const log = state['log_history'] as LogEntry[];
  const positions = golden.order.map((rows) =>
    config.padsToMaxLength
      ? rows.length * config.maxInputTokens
      : rows.length * Math.max(...rows.map((row) => golden.rows[row]!.input.length)),
  );
  const used = golden.passLosses.length; // the loader may have prepared one batch more
  const run: TrainedRun = {
    config,
    trainExampleCount: golden.rows.length,
    totalSteps: totalSteps(config, golden.rows.length),
    steps: log.slice(0, -1).map((entry) => ({
      step: entry['step']!,
      epoch: entry['epoch']!,
      loss: entry['loss']!,
      learningRate: entry['learning_rate']!,
      gradNorm: entry['grad_norm']!,
      tokenCount: 1,
      stepMs: 1,
      gpuBytes: 0,
    })),
    evaluations: [],
    outcome: {
      step: golden.trainOutput.global_step,
      trainingLoss: golden.trainOutput.training_loss,
      runtimeMs: 1000 * golden.trainOutput.metrics['train_runtime']!,
      totalFlos: totalFlos(
        model,
        config,
        positions.slice(0, used).reduce((a, b) => a + b),
      ),
    },
  };
  return { run, golden, state };
}

test.each(RUNS)('%s: trainer_state.json and TrainOutput are those of Seq2SeqTrainer', (name) => {
  const { run, golden, state } = recorded(name);
  const ours = trainerState(run);
  expect(Object.keys(ours)).toEqual(Object.keys(state));
  const { log_history: ourLog, ...ourRest } = ours;
  const { log_history: log, ...rest } = state;
  expect(ourRest).toEqual(rest); // epoch, steps and total_flos to the last digit
  const last = (entries: unknown): LogEntry => (entries as LogEntry[]).at(-1)!;
  expect((ourLog as LogEntry[]).slice(0, -1)).toEqual((log as LogEntry[]).slice(0, -1));
  expect(Object.keys(last(ourLog)).sort()).toEqual(Object.keys(last(log)).sort());
  expect(last(ourLog)['total_flos']).toBe(last(log)['total_flos']);

  const output = trainOutput(run)!;
  expect(Object.keys(output.metrics)).toEqual(Object.keys(golden.trainOutput.metrics));
  expect(output.global_step).toBe(golden.trainOutput.global_step);
  for (const [key, value] of Object.entries(golden.trainOutput.metrics)) {
    // Rates come from a runtime that was rounded to 1e-4 s when it was written down.
    expect(output.metrics[key]! / value).toBeCloseTo(1, 3);
  }
});

test('the DialogSum lab on flan-t5-base: 16 steps an epoch, 160 steps, and its floating point operations', () => {
  const lab = PRESETS.find(({ id }) => id === 'dialogsum')!.config;
  expect(countTrainable(FLAN_T5_BASE, lab)).toBe(3_538_944);
  expect(totalSteps({ ...lab, epochs: 1 }, 125)).toBe(16);
  expect(totalSteps(lab, 125)).toBe(160);
  expect([lab.padsToMaxLength, lab.maxInputTokens, lab.countsPadding]).toEqual([true, 512, true]);
  expect(lab.validationShare + lab.testShare).toBe(0);
  // One step of the lab's full training: the figure in its output.
  expect(totalFlos(FLAN_T5_BASE, { ...lab, method: 'full' }, 8 * 512)).toBe(5_478_058_819_584);
  expect(totalFlos(FLAN_T5_BASE, lab, 10 * 125 * 512)).toBe(6 * 640_000 * (222_902_784 + 3_538_944));
});

test('a run that goes on has no end in its log; evaluations stand among the steps', () => {
  const { run } = recorded('lora');
  const { outcome: _, ...going } = run;
  const evaluations = [
    { step: 2, epoch: 0.33, loss: 3 },
    { step: 4, epoch: 0.67, loss: 2 },
  ];
  const state = trainerState({ ...going, steps: run.steps.slice(0, 4), evaluations });
  const log = state['log_history'] as LogEntry[];
  expect(log.map((entry) => [entry['step'], 'eval_loss' in entry])).toEqual([
    [1, false],
    [2, false],
    [2, true],
    [3, false],
    [4, false],
    [4, true],
  ]);
  expect([state['best_global_step'], state['best_metric'], state['global_step']]).toEqual([4, 2, 4]);
  expect(trainOutput(going)).toBeNull();
});

test('a run that was stopped counts the steps it took', () => {
  const { run } = recorded('lora');
  const stopped = {
    ...run,
    steps: run.steps.slice(0, 10),
    outcome: { ...run.outcome!, step: 10, runtimeMs: 5000 },
  };
  const { metrics } = trainOutput(stopped)!;
  // 30 steps of 5 epochs of 21 rows were planned.
  expect(metrics['train_samples_per_second']).toBe(7);
  expect(metrics['train_steps_per_second']).toBe(2);
  const state = trainerState(stopped);
  expect(state['stateful_callbacks']).toMatchObject({
    TrainerControl: { args: { should_training_stop: false } },
  });
});
