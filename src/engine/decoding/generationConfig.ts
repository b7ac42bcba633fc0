/** The decoding defaults that come with a model: `generation_config.json`, as transformers' `generate` takes them over. */
import { decodingOptions, type DecodingOptions } from './decodingOptions.ts';

export interface GenerationConfig {
  /** Options that the file sets. */
  readonly options: Partial<DecodingOptions>;
  /** Tokens that end an answer, where the file names them. */
  readonly endIds?: readonly number[];
  /** Names of options that the file sets and that are not followed: unknown here, or out of range. */
  readonly ignored: readonly string[];
}

const names: Readonly<Record<string, keyof DecodingOptions>> = {
  max_new_tokens: 'maxNewTokens',
  min_new_tokens: 'minNewTokens',
  min_length: 'minLength',
  num_beams: 'numBeams',
  early_stopping: 'earlyStopping',
  length_penalty: 'lengthPenalty',
  repetition_penalty: 'repetitionPenalty',
  no_repeat_ngram_size: 'noRepeatNgramSize',
  do_sample: 'doSample',
  temperature: 'temperature',
  top_k: 'topK',
  top_p: 'topP',
};

/** Options of transformers that change answers and are not known here, with the values that switch them off. */
const unknown: Readonly<Record<string, unknown>> = {
  bad_words_ids: null,
  begin_suppress_tokens: null,
  diversity_penalty: 0,
  encoder_no_repeat_ngram_size: 0,
  encoder_repetition_penalty: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
  exponential_decay_length_penalty: null,
  force_words_ids: null,
  forced_bos_token_id: null,
  forced_eos_token_id: null,
  guidance_scale: 1,
  min_p: null,
  num_beam_groups: 1,
  penalty_alpha: null,
  sequence_bias: null,
  stop_strings: null,
  suppress_tokens: null,
  top_h: null,
  typical_p: 1,
};

/** Reads the file's text; one that is no JSON object sets nothing. */
export function readGenerationConfig(text: string): GenerationConfig {
  const fields = objectOf(text);
  const options: Record<string, unknown> = {};
  const ignored: string[] = [];
  // max_length counts the start token, and max_new_tokens goes before it.
  const mostNew = Number(fields['max_length'] ?? NaN) - 1;
  if (isUsable('maxNewTokens', mostNew)) options['maxNewTokens'] = mostNew;
  for (const [theirs, ours] of Object.entries(names)) {
    const value = fields[theirs];
    if (value === undefined || value === null) continue;
    if (isUsable(ours, value)) options[ours] = value;
    else ignored.push(theirs);
  }
  for (const [theirs, off] of Object.entries(unknown)) {
    const value = fields[theirs];
    if (value !== undefined && value !== null && value !== off) ignored.push(theirs);
  }
  const ends = [fields['eos_token_id']].flat().filter((id): id is number => Number.isInteger(id));
  return { options, ignored, ...(ends.length === 0 ? {} : { endIds: ends }) };
}

function isUsable(name: keyof DecodingOptions, value: unknown): boolean {
  if (name === 'doSample') return typeof value === 'boolean';
  if (name === 'earlyStopping') return typeof value === 'boolean' || value === 'never';
  try {
    decodingOptions({ [name]: value });
    return true;
  } catch {
    return false;
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
