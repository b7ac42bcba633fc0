/**
 * Which of a T5's tensors PEFT's modules_to_save means. Pure.
 *
 * PEFT takes every module whose path ends with one of the names, letter by letter. Each stack has its own view of the
 * token embedding (`encoder.embed_tokens`), which is trained apart from the other's; `shared` itself is looked at by
 * nobody once the stacks have their views, so saving it changes nothing in PEFT and here.
 */
import type { T5Config } from '../t5/config.ts';
import { tensorSpecs, type TensorSpec } from '../t5/spec.ts';
import type { SavedModules } from './adapterPlan.ts';

export const EMBEDDING_VIEWS = ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'] as const;

/** The module in PEFT that exists but takes part in nothing. */
export const UNUSED_MODULE = 'shared.weight';

/** The tensors of all modules whose path, or the path of a module around them, ends with one of the names. */
export function savedModules(config: T5Config, names: readonly string[]): SavedModules {
  const tensors = savableSpecs(config).filter(({ name }) => isNamed(name, names));
  return { names, tensors };
}

/** Tensors that an adapter can replace. */
export function savableSpecs(config: T5Config): TensorSpec[] {
  const embedding = [config.vocabSize, config.dModel];
  return [
    ...tensorSpecs(config).filter(({ name }) => name !== UNUSED_MODULE),
    ...(config.tieWordEmbeddings ? [{ name: 'lm_head.weight', shape: embedding }] : []),
    ...EMBEDDING_VIEWS.map((name) => ({ name, shape: embedding })),
  ];
}

/** Tensor of the base model that a replaced tensor starts from. */
export function originOf(name: string, config: { has(name: string): boolean }): string {
  return config.has(name) ? name : UNUSED_MODULE;
}

function isNamed(tensor: string, names: readonly string[]): boolean {
  const parts = tensor.split('.').slice(0, -1); // the module's path
  return parts.some((_, i) =>
    names.some((name) =>
      parts
        .slice(0, i + 1)
        .join('.')
        .endsWith(name),
    ),
  );
}
