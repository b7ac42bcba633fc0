/**
 * A checkpoint is one safetensors file that describes itself: trained parameters and the optimizer's memory as tensors, and in
 * the header where the run stood. Going on from it gives the very steps that an uninterrupted run gives.
 */
import type * as tf from '@tensorflow/tfjs';
import type { SamplerState } from '../data/sampler.ts';
import type { OptimizerState } from '../engine/optim/update.ts';
import { readFresh } from '../engine/runtime.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import { readTensor, writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { ProblemError } from '../lib/problem.ts';
import { readRunConfig } from './readRunConfig.ts';
import type { RunConfig } from './runConfig.ts';
import type { RunProgress } from './runProgress.ts';
import { assignValues, type Trainables } from './trainables.ts';

/** What the header says. Dropout and shuffling follow from the seed and the step, so no generator state is kept. */
export interface CheckpointState {
  readonly config: RunConfig;
  readonly progress: RunProgress;
  readonly sampler: SamplerState;
}

/** The parameter and what the optimizer remembers of it, by prefix of their names. */
const partsOf = (state: OptimizerState): [string, tf.Variable][] => Object.entries(state);

/** Bytes of a checkpoint of the present state. */
export async function writeCheckpoint(
  trainables: Trainables,
  state: CheckpointState,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorValues>();
  for (const [name, parts] of trainables.states) {
    for (const [part, variable] of partsOf(parts)) {
      tensors.set(`${part}.${name}`, { shape: variable.shape, values: await readFresh(variable) });
    }
  }
  return writeSafetensors(tensors, {
    format: 'pt',
    graft_checkpoint: JSON.stringify({ version: 1, ...state }),
  });
}

/** Reads only the header: what a list of runs needs. */
export async function readCheckpointState(source: ByteSource, file: string): Promise<CheckpointState> {
  const { metadata } = await readSafetensorsHeader(source, file);
  const text = metadata['graft_checkpoint'];
  const json = text === undefined ? null : (JSON.parse(text) as CheckpointState & { version: number });
  if (json?.version !== 1) {
    throw new ProblemError({
      code: 'checkpoint-kind',
      message: 'The file is not a checkpoint of this version of Graft.',
      fix: 'Start the run again.',
      file,
    });
  }
  return { config: readRunConfig(json.config), progress: json.progress, sampler: json.sampler };
}

/** Puts a checkpoint's parameters and moments into trainables opened with the same settings and model. */
export async function restoreCheckpoint(
  source: ByteSource,
  file: string,
  trainables: Trainables,
): Promise<void> {
  const header = await readSafetensorsHeader(source, file);
  for (const [name, parts] of trainables.states) {
    for (const [part, variable] of partsOf(parts)) {
      const entry = header.entries.get(`${part}.${name}`);
      const wanted = variable.shape;
      if (entry === undefined || entry.shape.join() !== wanted.join()) {
        const found = entry === undefined ? 'is missing' : `is [${entry.shape.join(', ')}]`;
        throw new ProblemError({
          code: 'checkpoint-other-run',
          message: `Tensor "${part}.${name}" ${found}; the run needs [${wanted.join(', ')}].`,
          fix: 'Load the model and the settings that the run was started with.',
          file,
          column: name,
        });
      }
      assignValues(variable, await readTensor(source, header, entry.name));
    }
  }
}
