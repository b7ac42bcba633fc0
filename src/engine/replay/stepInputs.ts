/** What distinguishes two steps of the same shapes: the arrays they upload and the seeds of their passes. */

export type InputArray = Int32Array | Float32Array;

export interface StepInputs {
  /**
   * Arrays that the step uploads, each a different object: it is by being that very object that an upload is known to be an
   * input and not a constant. All steps under one key have as many, of the same lengths.
   */
  readonly arrays: readonly InputArray[];
  /** Seeds of forward passes (`ForwardPass.seed`), from which all places of a pass derive theirs. */
  readonly seeds: readonly number[];
}

/** A number in a uniform block that follows from a step's inputs. */
export class LiveNumber {
  /** In the step that is being recorded. */
  readonly value: number;
  /** In any step. */
  readonly valueIn: (inputs: StepInputs) => number;

  constructor(value: number, valueIn: (inputs: StepInputs) => number) {
    this.value = value;
    this.valueIn = valueIn;
  }
}
