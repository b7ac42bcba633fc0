import { describe, expect, it } from 'vitest';
import {
  ALPACA,
  applyTemplate,
  CLASSIFY,
  FLAN,
  PLAIN,
  promptStretches,
  SUMMARISE,
  templatesFor,
  validateTemplate,
} from './templates.ts';

describe('applyTemplate', () => {
  it('gives the prompt of the DialogSum lab', () => {
    expect(applyTemplate(SUMMARISE, { input: 'A: Hi.\nB: Hi.' })).toBe(
      'Summarize the following conversation.\n\nA: Hi.\nB: Hi.\n\nSummary: ',
    );
  });

  it("gives Stanford Alpaca's prompts", () => {
    expect(applyTemplate(ALPACA, { instruction: 'Add.', input: '1, 2' })).toBe(
      'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1, 2\n\n### Response:',
    );
    expect(applyTemplate(ALPACA, { instruction: 'Say hi.', input: ' ' })).toBe(
      'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nSay hi.\n\n### Response:',
    );
  });

  it('leaves no empty lines for an instruction without input', () => {
    expect(applyTemplate(FLAN, { instruction: 'Say hi.', input: '' })).toBe('Say hi.');
    expect(applyTemplate(FLAN, { instruction: 'Say it.', input: 'hi' })).toBe('Say it.\n\nhi');
  });

  it('fills slots once, takes values literally, and leaves unknown slots alone', () => {
    const own = { id: 'own' as const, text: '{input} | {topic} | {other} | {toString}' };
    expect(applyTemplate(own, { input: '{topic} $& $1', topic: '{input}' })).toBe(
      '{topic} $& $1 | {input} | {other} | {toString}',
    );
  });

  it('says which stretch of the prompt comes from where', () => {
    expect(
      promptStretches({ id: 'own', text: 'Do: {instruction} on {input}.' }, { instruction: 'x', input: 'y' }),
    ).toEqual([
      { text: 'Do: ', part: 'template' },
      { text: 'x', part: 'instruction' },
      { text: ' on ', part: 'template' },
      { text: 'y', part: 'input' },
      { text: '.', part: 'template' },
    ]);
  });
});

describe('validateTemplate', () => {
  it('finds no fault with the templates on offer', () => {
    for (const kind of ['supervised', 'instruction'] as const) {
      for (const template of templatesFor(kind)) expect(validateTemplate(template, kind)).toEqual([]);
    }
    expect(templatesFor('supervised')).toEqual([PLAIN, SUMMARISE, CLASSIFY]);
  });

  it('names slots that nothing fills', () => {
    const problems = validateTemplate({ id: 'own', text: '{input} {topik}' }, 'supervised', ['topic']);
    expect(problems).toEqual([
      {
        code: 'template-unknown-slot',
        message: 'The template has the slot {topik}, and nothing fills it.',
        fix: 'Use {input}, {topic}, or drop the braces.',
        column: 'topik',
      },
    ]);
  });

  it('refuses a template without any slot', () => {
    expect(
      validateTemplate({ id: 'own', text: 'Summarize this.' }, 'supervised').map(({ code }) => code),
    ).toEqual(['template-without-slot']);
  });
});
