/**
 * adapter_config.json of a LoRA adapter. Written with the fields that PEFT 0.10 knows, in its order and layout: older
 * releases refuse unknown fields and newer ones fill in the rest.
 */
import type { AdapterSnapshot } from '../engine/adapterSnapshot.ts';
import { ProblemError } from '../lib/problem.ts';

/** What a LoRA adapter_config.json says, as far as it changes the computation. */
export interface LoraSettingsFile {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly isRankStabilised: boolean;
  readonly baseModelName: string;
  /** Whether target_modules asks for this module; `module` is the last part of the path. */
  isTarget(path: string, module: string): boolean;
  /** Rank and alpha of a module, by rank_pattern and alpha_pattern. */
  rankOf(path: string): number;
  alphaOf(path: string): number;
}

/** Fields that make another method out of LoRA when they are set; the value is what switches them off. */
const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  use_dora: [false],
  use_qalora: [false],
  fan_in_fan_out: [false],
  lora_bias: [false],
  bias: ['none'],
  modules_to_save: [null],
  layer_replication: [null],
  trainable_token_indices: [null],
  target_parameters: [null],
  alora_invocation_tokens: [null],
  use_bdlora: [null, false],
};

/** Text of adapter_config.json: keys sorted, indented by two, as `PeftConfig.save_pretrained` writes it. */
export function writeLoraSettings(snapshot: AdapterSnapshot, baseModelName: string): string {
  const rankPattern: Record<string, number> = {};
  const alphaPattern: Record<string, number> = {};
  for (const [path, { rank, alpha }] of snapshot.modules) {
    if (rank !== snapshot.r) rankPattern[path] = rank;
    if (alpha !== snapshot.alpha) alphaPattern[path] = alpha;
  }
  const fields = {
    alpha_pattern: alphaPattern,
    auto_mapping: null,
    base_model_name_or_path: baseModelName,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: snapshot.alpha,
    lora_dropout: snapshot.dropout,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    peft_type: 'LORA',
    r: snapshot.r,
    rank_pattern: rankPattern,
    revision: null,
    target_modules: targetModules(snapshot),
    task_type: 'SEQ_2_SEQ_LM',
    use_dora: false,
    use_rslora: snapshot.isRankStabilised,
  };
  return JSON.stringify(fields, null, 2);
}

/** Module names where every module of that name has an adapter would do, but paths are right for any snapshot. */
function targetModules({ targets, modules }: AdapterSnapshot): readonly string[] {
  const present = new Set([...modules.keys()].map(lastPart));
  const byName = targets.filter((target) => present.has(target));
  return byName.length === present.size ? byName : [...modules.keys()];
}

/** Reads adapter_config.json. Throws a ProblemError for anything but LoRA that Graft can compute exactly. */
export function readLoraSettings(text: string, file: string): LoraSettingsFile {
  const fail = (code: string, message: string, fix: string, field?: string): never => {
    throw new ProblemError({ code, message, fix, file, ...(field === undefined ? {} : { column: field }) });
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail(
      'adapter-config',
      `The file is not JSON. It begins with ${JSON.stringify(text.slice(0, 40))}.`,
      'Download it again.',
    );
  }
  if (typeof json !== 'object' || json === null) {
    return fail(
      'adapter-config',
      'The file is not a JSON object.',
      'Choose the adapter_config.json of a LoRA adapter.',
    );
  }
  const fields = json as Record<string, unknown>;
  if (fields['fine_tune_type'] !== undefined || fields['lora_parameters'] !== undefined) {
    const message = 'This is an adapter_config.json of MLX, which is another format under the same name.';
    return fail('adapter-mlx', message, 'Train or convert the adapter with PEFT.');
  }
  const type = fields['peft_type'];
  if (type !== 'LORA') {
    const found =
      type === undefined ? 'The file names no peft_type' : `The adapter is of type ${JSON.stringify(type)}`;
    return fail('adapter-type', `${found}; Graft reads LORA.`, 'Choose a LoRA adapter.', 'peft_type');
  }
  for (const [field, offValues] of Object.entries(UNSUPPORTED)) {
    const value = fields[field];
    const isOff =
      value === undefined || offValues.includes(value) || (Array.isArray(value) && value.length === 0);
    if (!isOff) {
      const message = `The adapter uses ${field} = ${JSON.stringify(value)}, which Graft cannot compute.`;
      fail(
        'adapter-unsupported',
        message,
        'Merge the adapter into its model in Python, or choose another.',
        field,
      );
    }
  }
  const amount = (field: string, byDefault: number): number => {
    const value = fields[field] ?? byDefault;
    if (typeof value === 'number' && value >= 0) return value;
    return fail(
      'adapter-config',
      `"${field}" is ${JSON.stringify(value)}, not a number.`,
      'Export it again.',
      field,
    );
  };
  const pattern = (field: string): Record<string, number> => {
    const value = fields[field] ?? {};
    const isUsable =
      typeof value === 'object' && Object.values(value).every((item) => typeof item === 'number');
    if (isUsable) return value as Record<string, number>;
    return fail('adapter-config', `"${field}" is not a table of numbers.`, 'Export it again.', field);
  };
  const r = amount('r', 8);
  const alpha = amount('lora_alpha', 8);
  const ranks = pattern('rank_pattern');
  const alphas = pattern('alpha_pattern');
  const name = fields['base_model_name_or_path'];
  return {
    r,
    alpha,
    dropout: amount('lora_dropout', 0),
    isRankStabilised: fields['use_rslora'] === true,
    baseModelName: typeof name === 'string' ? name : '',
    isTarget: targetTest(fields['target_modules']),
    rankOf: (path) => matchPattern(ranks, path) ?? r,
    alphaOf: (path) => matchPattern(alphas, path) ?? alpha,
  };
}

/** A list names modules by the end of their path; a text is a regular expression for whole paths, or "all-linear". */
function targetTest(targets: unknown): (path: string, module: string) => boolean {
  if (targets === undefined || targets === null) return (_, module) => module === 'q' || module === 'v';
  if (targets === 'all-linear') return () => true;
  if (typeof targets === 'string') {
    const whole = regularExpression(`^(?:${targets})$`);
    return (path) => whole?.test(path) ?? false;
  }
  const names = Array.isArray(targets) ? (targets as unknown[]) : [];
  return (path) =>
    names.some((name) => typeof name === 'string' && (path === name || path.endsWith(`.${name}`)));
}

/** Value of the first key that matches the end of the path as a regular expression (PEFT's get_pattern_key). */
function matchPattern(patterns: Readonly<Record<string, number>>, path: string): number | undefined {
  const key = Object.keys(patterns).find((name) => regularExpression(`^(.*\\.)?(${name})$`)?.test(path));
  return key === undefined ? undefined : patterns[key];
}

function regularExpression(source: string): RegExp | null {
  try {
    return new RegExp(source);
  } catch {
    return null; // Python and JavaScript differ in rare syntax; such a pattern matches nothing here.
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
