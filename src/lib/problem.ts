/**
 * The one shape in which Graft reports that something cannot be used as it is.
 * A problem says what happened, where, and what to do. It is plain data: it crosses workers and is stored.
 */
export interface Problem {
  /** Stable machine name, kebab-case, e.g. `csv-wrong-column-count`. */
  code: string;
  /** What happened, one plain sentence with the values in it. */
  message: string;
  /** What the person can do about it, one plain sentence. */
  fix: string;
  /** Name of the file it happened in. */
  file?: string;
  /** 1-based line of the file (for row-shaped files, the line where the record starts). */
  row?: number;
  /** Column, field or tensor name. */
  column?: string;
}

/** Thrown when work cannot go on because of a problem; `problem` is what the page shows. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: ErrorOptions) {
    super(describeProblem(problem), options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** One line of text for a problem: `where: what. fix`. */
export function describeProblem(problem: Problem): string {
  const where = [
    problem.file,
    problem.row === undefined ? undefined : `row ${problem.row}`,
    problem.column === undefined ? undefined : `column ${problem.column}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  return `${where === '' ? '' : `${where}: `}${problem.message} ${problem.fix}`;
}

/** Turns anything thrown into a problem; unknown errors keep their message. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'unexpected',
    message: message === '' ? 'Something failed without saying why.' : message,
    fix: 'Try again; if it happens again, report it with this message.',
  };
}
