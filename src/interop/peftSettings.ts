/**
 * adapter_config.json as read: LoRA with its variants, IA³ and prompt tuning. Fields that change the computation in a way
 * Graft cannot follow are refused; fields it does not know are listed.
 */
import { ProblemError } from '../lib/problem.ts';
import { namedTest, patternValue, targetTest, textList } from './peftTargets.ts';

export type PeftSettings = LoraFileSettings | Ia3FileSettings | PromptFileSettings;

interface CommonSettings {
  readonly baseModelName: string;
  /** Fields with a value that Graft does not know and that it did not use. */
  readonly ignored: readonly string[];
}

export interface LoraFileSettings extends CommonSettings {
  readonly kind: 'lora';
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly isRankStabilised: boolean;
  readonly usesDora: boolean;
  readonly savedNames: readonly string[];
  isTarget(path: string): boolean;
  /** Rank and alpha of a module, by rank_pattern and alpha_pattern. */
  rankOf(path: string): number;
  alphaOf(path: string): number;
}

export interface Ia3FileSettings extends CommonSettings {
  readonly kind: 'ia3';
  readonly savedNames: readonly string[];
  isTarget(path: string): boolean;
  scalesInput(path: string): boolean;
}

export interface PromptFileSettings extends CommonSettings {
  readonly kind: 'prompt-tuning';
  readonly tokenCount: number;
  /** PEFT stores the vectors this often and uses the first set. */
  readonly copies: number;
}

/** Fields that say nothing about the computation of a trained adapter. */
const WITHOUT_EFFECT = [
  'auto_mapping base_model_name_or_path inference_mode peft_type peft_version revision task_type',
  'init_lora_weights init_ia3_weights megatron_config megatron_core loftq_config eva_config corda_config',
  'lora_ga_config monteclora_config velora_config kasa_config arrow_config qalora_group_size runtime_config',
  'prompt_tuning_init prompt_tuning_init_text tokenizer_name_or_path tokenizer_kwargs num_attention_heads num_layers',
]
  .join(' ')
  .split(' ');

/** Fields that Graft reads, by method. */
const READ = {
  lora: [
    'r lora_alpha lora_dropout use_rslora use_dora target_modules exclude_modules modules_to_save rank_pattern',
    'alpha_pattern layers_to_transform layers_pattern',
  ]
    .join(' ')
    .split(' '),
  ia3: ['target_modules', 'exclude_modules', 'feedforward_modules', 'modules_to_save'],
  'prompt-tuning': ['num_virtual_tokens', 'num_transformer_submodules', 'token_dim', 'modules_to_save'],
} as const;

/** Fields that make another method when they are set; the values are those that switch them off. */
const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  use_qalora: [false],
  fan_in_fan_out: [false],
  lora_bias: [false],
  bias: ['none'],
  layer_replication: [null],
  trainable_token_indices: [null],
  target_parameters: [null],
  alora_invocation_tokens: [null],
  use_bdlora: [null, false],
  monteclora_config: [null],
  velora_config: [null],
  kasa_config: [null],
};

const KINDS = { LORA: 'lora', IA3: 'ia3', PROMPT_TUNING: 'prompt-tuning' } as const;

/** Reads adapter_config.json. Throws a ProblemError for anything that Graft cannot compute exactly. */
export function readPeftSettings(text: string, file: string): PeftSettings {
  const fields = parseFields(text, file);
  const kind = kindOf(fields, file);
  refuseUnsupported(fields, kind, file);
  const known: readonly string[] = [...WITHOUT_EFFECT, ...READ[kind], ...Object.keys(UNSUPPORTED)];
  const name = fields['base_model_name_or_path'];
  const common = {
    baseModelName: typeof name === 'string' ? name : '',
    ignored: Object.keys(fields)
      .filter((field) => !known.includes(field) && !isEmpty(fields[field]))
      .sort(),
  };
  switch (kind) {
    case 'lora':
      return { ...common, ...loraSettings(fields, file) };
    case 'ia3':
      return {
        ...common,
        kind,
        savedNames: textList(fields['modules_to_save']),
        isTarget: targetTest(fields, ['k', 'v', 'wo']),
        scalesInput: feedForwardTest(fields['feedforward_modules'] ?? ['wo']),
      };
    case 'prompt-tuning':
      return {
        ...common,
        kind,
        tokenCount: amount(fields, 'num_virtual_tokens', undefined, file),
        copies: amount(fields, 'num_transformer_submodules', 2, file),
      };
    default:
      return kind satisfies never;
  }
}

function loraSettings(fields: Fields, file: string): Omit<LoraFileSettings, keyof CommonSettings> {
  const r = amount(fields, 'r', 8, file);
  const alpha = amount(fields, 'lora_alpha', 8, file);
  const ranks = pattern(fields, 'rank_pattern', file);
  const alphas = pattern(fields, 'alpha_pattern', file);
  return {
    kind: 'lora',
    r,
    alpha,
    dropout: amount(fields, 'lora_dropout', 0, file),
    isRankStabilised: fields['use_rslora'] === true,
    usesDora: fields['use_dora'] === true,
    savedNames: textList(fields['modules_to_save']),
    isTarget: targetTest(fields, ['q', 'v']),
    rankOf: (path) => patternValue(ranks, path) ?? r,
    alphaOf: (path) => patternValue(alphas, path) ?? alpha,
  };
}

/** PEFT compares the end of the path letter by letter here. */
function feedForwardTest(names: unknown): (path: string) => boolean {
  if (typeof names === 'string') return namedTest(names);
  const list = textList(names);
  return (path) => list.some((name) => path.endsWith(name));
}

type Fields = Readonly<Record<string, unknown>>;

function parseFields(text: string, file: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const start = JSON.stringify(text.slice(0, 40));
    throw unusable(
      file,
      'adapter-config',
      `The file is not JSON. It begins with ${start}.`,
      'Download it again.',
    );
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const fix = 'Choose the adapter_config.json of an adapter.';
    throw unusable(file, 'adapter-config', 'The file is not a JSON object.', fix);
  }
  return json as Fields;
}

function kindOf(fields: Fields, file: string): (typeof KINDS)[keyof typeof KINDS] {
  if (fields['fine_tune_type'] !== undefined || fields['lora_parameters'] !== undefined) {
    const message = 'This is an adapter_config.json of MLX, which is another format under the same name.';
    throw unusable(file, 'adapter-mlx', message, 'Train or convert the adapter with PEFT.');
  }
  const type = fields['peft_type'];
  const kind = typeof type === 'string' ? (KINDS as Record<string, keyof typeof READ>)[type] : undefined;
  if (kind !== undefined) return kind;
  const found =
    type === undefined ? 'The file names no peft_type' : `The adapter is of type ${JSON.stringify(type)}`;
  const fix = 'Choose an adapter of one of these types.';
  const message = `${found}; Graft reads ${Object.keys(KINDS).join(', ')}.`;
  throw unusable(file, 'adapter-type', message, fix, 'peft_type');
}

function refuseUnsupported(fields: Fields, kind: keyof typeof READ, file: string): void {
  const switches: Readonly<Record<string, readonly unknown[]>> =
    kind === 'prompt-tuning' ? { ...UNSUPPORTED, modules_to_save: [null] } : UNSUPPORTED;
  for (const [field, offValues] of Object.entries(switches)) {
    const value = fields[field];
    if (value === undefined || offValues.includes(value) || isEmpty(value)) continue;
    const message = `The adapter uses ${field} = ${JSON.stringify(value)}, which Graft cannot compute.`;
    const fix = 'Merge the adapter into its model in Python, or choose another.';
    throw unusable(file, 'adapter-unsupported', message, fix, field);
  }
}

function amount(fields: Fields, field: string, byDefault: number | undefined, file: string): number {
  const value = fields[field] ?? byDefault;
  if (typeof value === 'number' && value >= 0) return value;
  const message = `"${field}" is ${JSON.stringify(value) ?? 'missing'}, not a number.`;
  throw unusable(file, 'adapter-config', message, 'Export it again.', field);
}

function pattern(fields: Fields, field: string, file: string): Record<string, number> {
  const value = fields[field] ?? {};
  const isUsable =
    typeof value === 'object' && Object.values(value).every((item) => typeof item === 'number');
  if (isUsable) return value as Record<string, number>;
  throw unusable(file, 'adapter-config', `"${field}" is not a table of numbers.`, 'Export it again.', field);
}

/** Null, false, an empty list, table or text. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function unusable(file: string, code: string, message: string, fix: string, field?: string): ProblemError {
  return new ProblemError({ code, message, fix, file, ...(field === undefined ? {} : { column: field }) });
}
