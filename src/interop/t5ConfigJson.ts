/**
 * A Hugging Face `config.json` of the T5 family, read with the defaults that transformers uses.
 * Other architectures are refused by name. Reference: transformers/models/t5/configuration_t5.py.
 */
import type { T5Config } from '../engine/t5/config.ts';
import { ProblemError } from '../lib/problem.ts';

/** Model types whose network is T5's. (umt5 has a position bias in every block; longt5 another attention.) */
const T5_TYPES = ['t5', 'mt5'];

/** Reads config.json. Throws a ProblemError that names the field, or the architecture found instead of T5. */
export function readT5Config(json: unknown, file = 'config.json'): T5Config {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw problem(file, undefined, 'The file is not a JSON object.', 'Choose the config.json of a T5 model.');
  }
  const fields = json as Record<string, unknown>;
  refuseOtherArchitectures(fields, file);
  const isMt5 = fields['model_type'] === 'mt5';

  const count = (name: string, byDefault: number): number => {
    const value = fields[name] ?? byDefault;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    const message = `"${name}" is ${JSON.stringify(value)}, not a whole number above 0.`;
    throw problem(file, name, message, 'Choose the unchanged config.json of the model.');
  };
  const token = (name: string, byDefault: number): number => {
    const value = fields[name] ?? byDefault;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (Number.isSafeInteger(first) && (first as number) >= 0) return first as number;
    const message = `"${name}" is ${JSON.stringify(value)}, not a token id.`;
    throw problem(file, name, message, 'Choose the unchanged config.json of the model.');
  };
  const real = (name: string, byDefault: number): number => {
    const value = fields[name] ?? byDefault;
    if (typeof value === 'number' && value >= 0) return value;
    const message = `"${name}" is ${JSON.stringify(value)}, not a number.`;
    throw problem(file, name, message, 'Choose the unchanged config.json of the model.');
  };

  const numLayers = count('num_layers', isMt5 ? 8 : 6);
  const padTokenId = token('pad_token_id', 0);
  return {
    dModel: count('d_model', 512),
    dKv: count('d_kv', 64),
    dFf: count('d_ff', isMt5 ? 1024 : 2048),
    numHeads: count('num_heads', isMt5 ? 6 : 8),
    numLayers,
    numDecoderLayers: count('num_decoder_layers', numLayers),
    vocabSize: count('vocab_size', isMt5 ? 250112 : 32128),
    relativeAttentionNumBuckets: count('relative_attention_num_buckets', 32),
    relativeAttentionMaxDistance: count('relative_attention_max_distance', 128),
    layerNormEpsilon: real('layer_norm_epsilon', 1e-6),
    dropoutRate: real('dropout_rate', 0.1),
    feedForwardProj: readFeedForward(fields, isMt5 ? 'gated-gelu' : 'relu', file),
    tieWordEmbeddings: readTying(fields, !isMt5),
    padTokenId,
    eosTokenId: token('eos_token_id', 1),
    decoderStartTokenId: token('decoder_start_token_id', padTokenId),
  };
}

function refuseOtherArchitectures(fields: Record<string, unknown>, file: string): void {
  const type = fields['model_type'];
  if (typeof type === 'string' && T5_TYPES.includes(type)) return;
  if (fields['peft_type'] !== undefined) {
    throw problem(
      file,
      'peft_type',
      'This is the config of a PEFT adapter, not of a model.',
      'Load the base model first, then drop the adapter.',
    );
  }
  const names = fields['architectures'];
  const found = [
    ...(typeof type === 'string' ? [`model type "${type}"`] : []),
    ...(Array.isArray(names) ? [`architecture ${names.join(', ')}`] : []),
  ];
  const message =
    found.length === 0
      ? 'The config names no model type.'
      : `The config is of ${found.join(', ')}; Graft trains T5 models.`;
  const fix = 'Choose a T5 model, for example google/flan-t5-small.';
  throw problem(file, 'model_type', message, fix);
}

function readFeedForward(
  fields: Record<string, unknown>,
  byDefault: T5Config['feedForwardProj'],
  file: string,
): T5Config['feedForwardProj'] {
  const projection = fields['feed_forward_proj'] ?? byDefault;
  const activation = fields['dense_act_fn'];
  if (projection === 'relu' && (activation === undefined || activation === 'relu')) return 'relu';
  if (projection === 'gated-gelu' && (activation === undefined || activation === 'gelu_new')) {
    return 'gated-gelu';
  }
  const named = activation === undefined ? '' : ` with dense_act_fn ${JSON.stringify(activation)}`;
  throw problem(
    file,
    'feed_forward_proj',
    `The feed-forward layer is ${JSON.stringify(projection)}${named}; Graft knows "relu" and "gated-gelu" (gelu_new).`,
    'Choose a T5 v1.0, v1.1 or FLAN-T5 model.',
  );
}

/**
 * Whether the output layer is the scaled embedding. transformers 5 always writes `tie_word_embeddings: true` and keeps
 * the difference between v1.0 and v1.1 in `scale_decoder_outputs`; older versions write it in `tie_word_embeddings`.
 */
function readTying(fields: Record<string, unknown>, byDefault: boolean): boolean {
  const value = fields['scale_decoder_outputs'] ?? fields['tie_word_embeddings'];
  return typeof value === 'boolean' ? value : byDefault;
}

function problem(file: string, column: string | undefined, message: string, fix: string): ProblemError {
  return new ProblemError({
    code: 't5-config',
    message,
    fix,
    file,
    ...(column === undefined ? {} : { column }),
  });
}
