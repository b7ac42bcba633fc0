/**
 * The only door for stored or typed-in run settings: fills in defaults, checks every field, brings older versions up to
 * date. What comes out can be trained with as it is.
 */
import { ProblemError } from '../lib/problem.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import type {
  ChoiceField,
  ModulesField,
  NumberField,
  RunField,
  RunFieldPath,
  SwitchField,
  TextField,
} from './fields/runField.ts';
import { fieldValue, RUN_FIELDS } from './runFields.ts';

/** Reads anything into a RunConfig. Throws a ProblemError that names the first field that cannot be used. */
export function readRunConfig(value: unknown): RunConfig {
  if (!isRecord(value)) {
    throw new ProblemError({
      code: 'run-config-shape',
      message: `The run settings are ${value === null ? 'null' : typeof value}, not an object.`,
      fix: 'Start from a preset.',
    });
  }
  const given = migrate(value);
  const read: Record<string, unknown> = {};
  for (const field of RUN_FIELDS) {
    const present = fieldValue(given, field.path);
    const usable = present === undefined ? fieldValue(DEFAULT_RUN_CONFIG, field.path) : check(field, present);
    setField(read, field.path, usable);
  }
  const config = { ...read, version: 1 } as unknown as RunConfig;
  if (config.validationShare + config.testShare >= 1) {
    const shares = `${config.validationShare} and ${config.testShare}`;
    throw problem(
      'validationShare',
      `Validation and test shares of ${shares} leave no rows to train on.`,
      'Lower one of them.',
    );
  }
  if (
    config.method === 'prompt-tuning' &&
    config.prompt.start === 'text' &&
    config.prompt.text.trim() === ''
  ) {
    throw problem('prompt.text', 'The prompt starts from a text, and there is none.', 'Write one.');
  }
  return config;
}

/** Settings of an older version in today's shape. Version 1 is the first; settings without a number count as 1. */
function migrate(value: Record<string, unknown>): Record<string, unknown> {
  const version = value['version'] ?? 1;
  if (version !== 1) {
    throw new ProblemError({
      code: 'run-config-version',
      message: `The run settings have version ${JSON.stringify(version)}; this Graft reads version 1.`,
      fix: 'Open them with the version of Graft that wrote them, or start from a preset.',
      column: 'version',
    });
  }
  return value;
}

function check(field: RunField, value: unknown): unknown {
  if (field.kind === 'number') return checkNumber(field, value);
  if (field.kind === 'choice') return checkChoice(field, value);
  if (field.kind === 'modules') return checkModules(field, value);
  if (field.kind === 'switch') return checkSwitch(field, value);
  return checkText(field, value);
}

function checkSwitch(field: SwitchField, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw refused(field, value, 'Switch it on or off.');
}

function checkText(field: TextField, value: unknown): string {
  if (typeof value === 'string' && value.length <= field.maxLength) return value;
  const shown = typeof value === 'string' ? `a text of ${value.length} characters` : value;
  throw refused(field, shown, `Write at most ${field.maxLength} characters.`);
}

function checkNumber(field: NumberField, value: unknown): number {
  const isInRange = typeof value === 'number' && value >= field.min && value <= field.max;
  if (isInRange && (!field.isWhole || Number.isInteger(value))) return value;
  const kind = field.isWhole ? 'whole number' : 'number';
  throw refused(field, value, `Set a ${kind} between ${field.min} and ${field.max}.`);
}

function checkChoice(field: ChoiceField, value: unknown): string {
  const values = field.options.map((option) => option.value);
  if (typeof value === 'string' && values.includes(value)) return value;
  throw refused(field, value, `Choose one of ${values.join(', ')}.`);
}

/** Module names in the order of the field, each once. */
function checkModules(field: ModulesField, value: unknown): string[] {
  const fix = `Choose ${field.isOptional ? 'any' : 'at least one'} of ${field.options.join(', ')}.`;
  const isTooShort = Array.isArray(value) && value.length === 0 && !field.isOptional;
  if (!Array.isArray(value) || isTooShort) throw refused(field, value, fix);
  const unknown: unknown = value.find((name) => !field.options.includes(name as string));
  if (unknown !== undefined) {
    throw problem(field.path, `${field.label} names ${JSON.stringify(unknown)}.`, fix);
  }
  return field.options.filter((name) => value.includes(name));
}

function refused({ path, label }: RunField, value: unknown, fix: string): ProblemError {
  return problem(path, `${label} is ${JSON.stringify(value)}.`, fix);
}

function problem(path: RunFieldPath, message: string, fix: string): ProblemError {
  return new ProblemError({ code: 'run-config-field', message, fix, column: path });
}

function setField(target: Record<string, unknown>, path: RunFieldPath, value: unknown): void {
  const [outer, inner] = path.split('.') as [string, string | undefined];
  if (inner === undefined) target[outer] = value;
  else target[outer] = { ...(target[outer] as object | undefined), [inner]: value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
