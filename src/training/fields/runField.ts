/** What the forms need to know about a field of a RunConfig: label, unit, range, help and where its default comes from. */
import type { RunConfig } from '../runConfig.ts';

/** Path of a field: a key of RunConfig, or a method's settings and a key of them. */
export type RunFieldPath =
  | Exclude<keyof RunConfig, 'version' | 'lora' | 'ia3' | 'prompt' | 'adafactor'>
  | `lora.${keyof RunConfig['lora']}`
  | `ia3.${keyof RunConfig['ia3']}`
  | `prompt.${keyof RunConfig['prompt']}`
  | `adafactor.${keyof RunConfig['adafactor']}`;

export type RunFieldGroup = 'Method' | 'Learning' | 'Batches' | 'Lengths' | 'Checks' | 'Rows';

interface FieldText {
  readonly path: RunFieldPath;
  readonly label: string;
  readonly group: RunFieldGroup;
  /** One or two plain sentences: what it does, and when to change it. */
  readonly help: string;
  /** Where the default or the meaning comes from. */
  readonly source: string;
  /** Shown only in the advanced view. */
  readonly isAdvanced: boolean;
  /** The field has no effect with any other method. */
  readonly onlyFor?: RunConfig['method'];
  /** The field has no effect with the other optimizer. */
  readonly onlyWith?: RunConfig['optimizer'];
}

export interface NumberField extends FieldText {
  readonly kind: 'number';
  /** Shown behind the value; empty for a pure number. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Step of the control; `min` is a multiple of it, so that round values are on its grid. */
  readonly step: number;
  readonly isWhole: boolean;
}

export interface ChoiceField extends FieldText {
  readonly kind: 'choice';
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** Module names, any of `options`; which exist depends on the model (`loraModules`). */
export interface ModulesField extends FieldText {
  readonly kind: 'modules';
  /** None may be chosen. */
  readonly isOptional: boolean;
  readonly options: readonly string[];
}

export interface SwitchField extends FieldText {
  readonly kind: 'switch';
}

/** One line of text. */
export interface TextField extends FieldText {
  readonly kind: 'text';
  readonly maxLength: number;
}

export type RunField = NumberField | ChoiceField | ModulesField | SwitchField | TextField;

/** A number of any size between the limits. */
export const number = (field: Omit<NumberField, 'kind' | 'isWhole'>): NumberField => ({
  ...field,
  kind: 'number',
  isWhole: false,
});
/** A whole number. */
export const whole = (field: Omit<NumberField, 'kind' | 'isWhole' | 'step'>): NumberField => ({
  ...field,
  kind: 'number',
  step: 1,
  isWhole: true,
});
