/**
 * What the model is to learn from a table: which columns it reads, which it learns to write, and the text around them.
 * Instruction tuning is a template over instruction/input/output, not another trainer.
 */
export type Task = SupervisedTask | InstructionTask;

export interface SupervisedTask {
  kind: 'supervised';
  inputColumn: string;
  targetColumn: string;
  /** Slots: `{input}`. */
  template: PromptTemplate;
}

export interface InstructionTask {
  kind: 'instruction';
  instructionColumn: string;
  /** Absent when the table has none; then `templateWithoutInput` is used for every row. */
  inputColumn?: string;
  outputColumn: string;
  /** Slots: `{instruction}`, `{input}`. */
  template: PromptTemplate;
}

export interface PromptTemplate {
  id: 'plain' | 'summarise' | 'classify' | 'flan' | 'alpaca' | 'own';
  /** Text with slots, e.g. `Summarize the following conversation.\n\n{input}\n\nSummary: `. */
  text: string;
  /** Used for rows whose input is empty; falls back to `text`. */
  textWithoutInput?: string;
}
