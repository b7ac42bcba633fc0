/** What the proof found: one line per claim. Pure, so that the page and the run records may hold it. */
import type { OpVerdict } from '../../engine/selfCheck/opVerdict.ts';

/** One claim about the numbers, tried on this device. */
export interface ProofLine {
  readonly id: ProofId;
  /** What is claimed, in a few plain words. */
  readonly claim: string;
  readonly verdict: 'holds' | 'fails' | 'not tried';
  /** What was measured, in words with figures. */
  readonly finding: string;
  /** Largest error found and the largest allowed, where the claim is about a number. */
  readonly error?: number;
  readonly tolerance?: number;
}

export type ProofId = 'kernels' | 'forward' | 'gradients' | 'repeat' | 'tokenizer' | 'adapter' | 'frozen';

/** Everything the proof tried on one device with one model. */
export interface ProofReport {
  readonly deviceName: string;
  readonly deviceKind: string;
  /** Absent in reports of older versions. */
  readonly modelId?: string;
  readonly modelName: string;
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly elapsedMs: number;
  readonly lines: readonly ProofLine[];
  readonly kernels: readonly OpVerdict[];
}

/** Whether nothing failed. */
export function isSound({ lines }: ProofReport): boolean {
  return lines.every(({ verdict }) => verdict !== 'fails');
}

/** The report in one plain sentence. */
export function verdictSentence(report: ProofReport): string {
  const failed = report.lines.filter(({ verdict }) => verdict === 'fails');
  const tried = report.lines.filter(({ verdict }) => verdict !== 'not tried').length;
  const where = `on ${report.deviceName}`;
  if (failed.length === 0) return `All ${tried} claims hold ${where}.`;
  const names = failed.map(({ claim }) => claim.toLowerCase()).join('; ');
  return `${failed.length} of ${tried} claims fail ${where}: ${names}.`;
}
