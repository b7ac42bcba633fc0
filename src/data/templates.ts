import type { Problem } from '../lib/problem.ts';
import type { PromptTemplate, Task } from './task.ts';

/** Where a stretch of a prompt comes from. */
export type PromptPart = 'template' | 'input' | 'instruction';

/** The input as it is. */
export const PLAIN: PromptTemplate = { id: 'plain', text: '{input}' };

/** The prompt of the DeepLearning.AI "Generative AI with LLMs" lab 2 on DialogSum. */
export const SUMMARISE: PromptTemplate = {
  id: 'summarise',
  text: 'Summarize the following conversation.\n\n{input}\n\nSummary: ',
};

export const CLASSIFY: PromptTemplate = {
  id: 'classify',
  text: 'Classify the text.\n\nText: {input}\n\nLabel: ',
};

/** Instruction, empty line, input: as FLAN's zero-shot prompts end. */
export const FLAN: PromptTemplate = {
  id: 'flan',
  text: '{instruction}\n\n{input}',
  textWithoutInput: '{instruction}',
};

/** Stanford Alpaca's two prompts. Reference: https://github.com/tatsu-lab/stanford_alpaca (train.py, PROMPT_DICT). */
export const ALPACA: PromptTemplate = {
  id: 'alpaca',
  text:
    'Below is an instruction that describes a task, paired with an input that provides further context. ' +
    'Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:',
  textWithoutInput:
    'Below is an instruction that describes a task. ' +
    'Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\n{instruction}\n\n### Response:',
};

/** The templates to choose from for a kind of task, the usual one first. */
export function templatesFor(kind: Task['kind']): readonly PromptTemplate[] {
  return kind === 'supervised' ? [PLAIN, SUMMARISE, CLASSIFY] : [ALPACA, FLAN];
}

/** A stretch of a prompt and where it comes from. */
export interface PromptStretch {
  text: string;
  part: PromptPart;
}

/**
 * The prompt cut into stretches. Slots `{input}`, `{instruction}` and `{column name}` are filled once, so braces in
 * the values stay text; unknown slots stay as written. An empty input takes `textWithoutInput` where there is one.
 */
export function promptStretches(
  template: PromptTemplate,
  values: Readonly<Record<string, string>>,
): PromptStretch[] {
  const hasInput = (ownValue(values, 'input') ?? '').trim() !== '';
  const text = hasInput ? template.text : (template.textWithoutInput ?? template.text);
  const stretches: PromptStretch[] = [];
  const add = (stretch: string, part: PromptPart): void => {
    if (stretch !== '') stretches.push({ text: stretch, part });
  };
  let end = 0;
  for (const match of text.matchAll(SLOT)) {
    const value = ownValue(values, match[1]!);
    if (value === undefined) continue;
    add(text.slice(end, match.index), 'template');
    add(value, match[1] === 'instruction' ? 'instruction' : 'input');
    end = match.index + match[0].length;
  }
  add(text.slice(end), 'template');
  return stretches;
}

/** The prompt of one row: the template with its slots filled. */
export function applyTemplate(template: PromptTemplate, values: Readonly<Record<string, string>>): string {
  return promptStretches(template, values)
    .map(({ text }) => text)
    .join('');
}

/** Faults of a template, one problem each: no slot at all, no slot for what the task reads, slots nothing fills. */
export function validateTemplate(
  template: PromptTemplate,
  kind: Task['kind'],
  columns: readonly string[] = [],
): Problem[] {
  const own = kind === 'supervised' ? ['input'] : ['instruction', 'input'];
  const known = new Set([...own, ...columns]);
  const slots = [template.text, template.textWithoutInput ?? ''].flatMap((text) =>
    Array.from(text.matchAll(SLOT), (match) => match[1]!),
  );
  const problems: Problem[] = [...new Set(slots)]
    .filter((slot) => !known.has(slot))
    .map((slot) => ({
      code: 'template-unknown-slot',
      message: `The template has the slot {${slot}}, and nothing fills it.`,
      fix: `Use ${[...known].map((name) => `{${name}}`).join(', ')}, or drop the braces.`,
      column: slot,
    }));
  if (!slots.some((slot) => known.has(slot))) {
    problems.push({
      code: 'template-without-slot',
      message: 'The template has no slot: every row would give the same prompt.',
      fix: `Write {${own[0]!}} where the row's text belongs.`,
    });
  }
  return problems;
}

const SLOT = /\{([^{}\n]+)\}/g;

function ownValue(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
