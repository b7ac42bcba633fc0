/** Every field of a RunConfig that a person can set. `readRunConfig` checks values against the same table. Pure: the page imports it. */
import { DATA_FIELDS } from './fields/dataFields.ts';
import { LEARNING_FIELDS } from './fields/learningFields.ts';
import { METHOD_FIELDS } from './fields/methodFields.ts';
import type { RunField, RunFieldPath } from './fields/runField.ts';

/** In the order of the form. */
export const RUN_FIELDS: readonly RunField[] = [...METHOD_FIELDS, ...LEARNING_FIELDS, ...DATA_FIELDS];

/** Value of a field in a config (or in a part of one). */
export function fieldValue(config: unknown, path: RunFieldPath): unknown {
  let value = config;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}
