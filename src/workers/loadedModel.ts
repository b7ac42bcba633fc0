/** A model on the device with everything needed to use it: weights, configuration and its own tokenizer. */
import { readGenerationConfig, type GenerationConfig } from '../engine/decoding/generationConfig.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { countParameters } from '../engine/t5/spec.ts';
import { disposeWeights, weightBytes, type WeightPrecision, type Weights } from '../engine/weights.ts';
import { checkModel } from '../interop/huggingFace.ts';
import { uploadModel } from '../interop/uploadModel.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { readTokenizerJson } from '../tokenizer/readTokenizerJson.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { forgetModelFiles, openModelFiles, type ModelFile, type RequestLog } from './modelFiles.ts';
import type { ModelSource, ModelView } from './protocol.ts';

export interface LoadedModel {
  view: ModelView;
  config: T5Config;
  weights: Weights;
  tokenizer: Tokenizer;
  /** Text files that go out again with a fully tuned model. */
  configJson: string;
}

/** Loads a model onto the open device. On failure or abort nothing of it stays on the device or in the store. */
export async function loadModel(
  source: ModelSource,
  job: Job,
  log: RequestLog,
  precision: WeightPrecision = 'auto',
): Promise<LoadedModel> {
  let weights: Weights = new Map();
  try {
    const files = await openModelFiles(source, job, log);
    const configJson = await readText(files, 'config.json');
    const tokenizerJson = await readText(files, 'tokenizer.json');
    const tokenizer = readTokenizerJson(tokenizerJson, 'tokenizer.json');
    const checked = await checkModel(files);
    if (tokenizer.vocabularySize > checked.config.vocabSize) {
      throw new ProblemError({
        code: 'tokenizer-too-large',
        message: `The tokenizer has ${tokenizer.vocabularySize} tokens, the model only ${checked.config.vocabSize}.`,
        fix: 'Use the tokenizer.json that belongs to this model.',
        file: 'tokenizer.json',
      });
    }
    weights = await uploadModel(checked, precision, job);
    const licence = await readLicence(files);
    const generation = await readGeneration(files);
    const parameterCount = countParameters(checked.config);
    return {
      config: checked.config,
      weights,
      tokenizer,
      configJson,
      view: {
        id: source.id,
        name: nameOf(source, configJson),
        source: source.kind === 'stored' ? source.origin : source.kind,
        config: checked.config,
        parameterCount,
        fileBytes: checked.byteLength,
        deviceBytes: weightBytes(weights),
        dtypes: checked.dtypes,
        tokenizerJson,
        ...(licence === undefined ? {} : { licence }),
        ...(generation === undefined ? {} : { generation }),
      },
    };
  } catch (error) {
    disposeWeights(weights);
    await forgetModelFiles(source);
    throw error;
  }
}

/** Frees a model's tensors. */
export function disposeModel(model: LoadedModel): void {
  disposeWeights(model.weights);
}

async function readText(files: readonly ModelFile[], name: string): Promise<string> {
  const file = files.find((candidate) => candidate.name === name);
  if (file === undefined) {
    const known = files.map((candidate) => candidate.name).join(', ');
    throw new ProblemError({
      code: 'model-file-missing',
      message: `There is no ${name} among the files (${known}).`,
      fix:
        name === 'tokenizer.json'
          ? 'Add it; in Python, AutoTokenizer.from_pretrained(…).save_pretrained(…) writes one.'
          : `Add the ${name} of the model.`,
      file: name,
    });
  }
  return new TextDecoder().decode(await file.source.slice(0, file.source.byteLength));
}

/** The decoding defaults that came with the model. */
async function readGeneration(files: readonly ModelFile[]): Promise<GenerationConfig | undefined> {
  const name = 'generation_config.json';
  return files.some((file) => file.name === name)
    ? readGenerationConfig(await readText(files, name))
    : undefined;
}

/** What the model card's front matter says. */
async function readLicence(files: readonly ModelFile[]): Promise<string | undefined> {
  const card = files.find(({ name }) => name === 'README.md');
  if (card === undefined) return undefined;
  const text = new TextDecoder().decode(await card.source.slice(0, Math.min(4096, card.source.byteLength)));
  return /^---\n[\s\S]*?^license:\s*(.+)$[\s\S]*?^---$/m.exec(text)?.[1]?.trim();
}

function nameOf(source: ModelSource, configJson: string): string {
  if (source.kind === 'bundled') return 'graft-starter';
  if (source.kind === 'stored') return source.name;
  if (source.kind === 'hub') return source.repository;
  const config: unknown = JSON.parse(configJson);
  const named =
    typeof config === 'object' && config !== null && '_name_or_path' in config
      ? config._name_or_path
      : undefined;
  if (typeof named === 'string' && named !== '') return named.split('/').slice(-2).join('/');
  return 'your model';
}
