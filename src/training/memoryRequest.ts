/** What of a run's settings decides its memory. Pure: the page plans with it too. */
import type { BatchShape, MemoryRequest } from '../engine/t5/memoryPlan.ts';
import type { T5Config } from '../engine/t5/config.ts';
import type { RunConfig } from './runConfig.ts';
import { countTrainable } from './trainableCount.ts';

/** The request for one batch of a run over a model whose frozen matrices take `frozenBytes` a number. */
export function memoryRequest(
  config: T5Config,
  run: RunConfig,
  batch: BatchShape,
  frozenBytes: number,
): MemoryRequest {
  return {
    config,
    batch,
    trainsAll: run.method === 'full',
    trainedCount: countTrainable(config, run),
    keepsMoments: run.optimizer === 'adamw',
    adapted: run.method === 'lora' ? run.lora.targets : run.method === 'ia3' ? run.ia3.targets : [],
    frozenBytes,
    hasDropout: run.dropout > 0,
  };
}
