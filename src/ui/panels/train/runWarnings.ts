/** Settings that can be used but will disappoint: each with what to do, in one or two sentences. */
import type { TokenSetSummary } from '../../../data/tokenSet.ts';
import { formatShare } from '../../../lib/format.ts';
import type { RunConfig } from '../../../training/runConfig.ts';

interface RunToWarnOf {
  config: RunConfig;
  totalSteps?: number | undefined;
  summary?: TokenSetSummary | undefined;
}

/** What deserves a second look before the start; empty when nothing does. */
export function runWarnings({ config, totalSteps, summary }: RunToWarnOf): string[] {
  const warnings: string[] = [];
  if (totalSteps !== undefined) {
    if (config.warmupSteps >= totalSteps && config.warmupSteps > 0) {
      warnings.push(
        `Warmup takes ${config.warmupSteps} of ${totalSteps} steps, so the rate never reaches its height. Shorten it.`,
      );
    }
    if (totalSteps < 20) {
      warnings.push(`${totalSteps} steps are few to learn from. Add epochs or make the batch smaller.`);
    }
    if (config.evalSteps > totalSteps) {
      warnings.push(`Validating every ${config.evalSteps} steps has no effect: the run has ${totalSteps}.`);
    }
  }
  if (config.validationShare === 0) {
    warnings.push('Without validation rows nothing tells when the model stops getting better.');
  }
  if (config.testShare === 0) {
    warnings.push('Without test rows the comparison afterwards uses the validation rows.');
  }
  if (summary !== undefined && summary.exampleCount > 0) {
    const inputs = summary.truncatedInputs / summary.exampleCount;
    const targets = summary.truncatedLabels / summary.exampleCount;
    if (inputs > 0.01) {
      warnings.push(`${formatShare(inputs)} of the inputs are cut at ${config.maxInputTokens} tokens.`);
    }
    if (targets > 0.01) {
      warnings.push(
        `${formatShare(targets)} of the targets are cut at ${config.maxTargetTokens} tokens; the model learns to stop mid-sentence.`,
      );
    }
  }
  return warnings;
}
