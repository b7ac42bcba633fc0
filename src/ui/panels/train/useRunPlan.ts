import { useEffect, useRef } from 'react';
import { refreshCheck, useDatasets } from '../../../state/datasets.ts';
import { useDevice } from '../../../state/device.ts';
import { useModels } from '../../../state/models.ts';
import {
  deviceBlocker,
  estimateMemory,
  methodName,
  stepFacts,
  type MemoryEstimate,
  type StepFacts,
} from '../../../state/runFacts.ts';
import { useRunSetup } from '../../../state/runSetup.ts';
import { formatBytes, formatCount, formatPlural } from '../../../lib/format.ts';
import { runWarnings } from './runWarnings.ts';

/** What is known of the next run before it starts. */
export interface RunPlan {
  /** Why it cannot start, in one sentence; undefined when it can. */
  blocker: string | undefined;
  /** The run in one line. */
  sentence: string;
  trainRows: number | undefined;
  steps: StepFacts | undefined;
  /** Tokens read and tokens learned over the whole run, by the mean of the checked rows. */
  tokens: { read: number; learned: number } | undefined;
  memory: MemoryEstimate | undefined;
  warnings: readonly string[];
}

/** Puts settings, rows and model together; lets the rows be counted again when a setting changes them. */
export function useRunPlan(): RunPlan {
  const { config, problem } = useRunSetup();
  const { dataset, check, checkProblem } = useDatasets();
  const model = useModels((state) => state.model);
  const isLoading = useModels((state) => state.status === 'loading');
  const device = useDevice((state) => state.device);
  useFreshCheck();

  const trainRows = check?.splitCounts.train;
  const isUsable = problem === undefined;
  const steps =
    isUsable && trainRows !== undefined && trainRows > 0 ? stepFacts(config, trainRows) : undefined;
  const summary = check?.summary;
  const tokens =
    steps === undefined || summary === undefined || summary.exampleCount === 0
      ? undefined
      : {
          read: Math.round((steps.rowsSeen * summary.inputTokens) / summary.exampleCount),
          learned: Math.round((steps.rowsSeen * summary.labelTokens) / summary.exampleCount),
        };
  const longest = {
    inputTokens: Math.min(config.maxInputTokens, summary?.longestInput ?? config.maxInputTokens),
    targetTokens: Math.min(config.maxTargetTokens, summary?.longestLabel ?? config.maxTargetTokens),
  };
  const memory =
    isUsable && model !== undefined
      ? estimateMemory(model.config, config, longest, model.deviceBytes)
      : undefined;
  const blocker =
    dataset === undefined
      ? 'There is no dataset to learn from. Open one under Data.'
      : model === undefined
        ? isLoading
          ? 'The model is being loaded.'
          : 'No model is loaded. Load one under Model.'
        : problem !== undefined
          ? `${problem.message} ${problem.fix}`
          : checkProblem !== undefined
            ? `${checkProblem.message} ${checkProblem.fix}`
            : trainRows === 0
              ? 'No row is left to train on. Lower the validation and test shares or add rows.'
              : device === undefined
                ? undefined
                : deviceBlocker(config, device);
  const sentence = [
    `${model?.name ?? ''}, ${methodName(config)}`,
    trainRows === undefined ? undefined : formatPlural(trainRows, 'row'),
    steps === undefined ? undefined : `${formatCount(steps.totalSteps)} steps`,
    memory === undefined ? undefined : `about ${formatBytes(memory.totalBytes)}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  const warnings = isUsable ? runWarnings({ config, totalSteps: steps?.totalSteps, summary }) : [];
  return { blocker, sentence, trainRows, steps, tokens, memory, warnings };
}

/** Which rows train, and how long they are, depends on a few settings: count again a moment after one changed. */
function useFreshCheck(): void {
  const key = useRunSetup(({ config }) =>
    [
      config.seed,
      config.validationShare,
      config.testShare,
      config.maxInputTokens,
      config.maxTargetTokens,
    ].join(' '),
  );
  const isUsable = useRunSetup(({ problem }) => problem === undefined);
  const counted = useRef(key);
  useEffect(() => {
    if (counted.current === key || !isUsable) return undefined;
    const timer = setTimeout(() => {
      counted.current = key;
      void refreshCheck();
    }, 300);
    return () => {
      clearTimeout(timer);
    };
  }, [key, isUsable]);
}
