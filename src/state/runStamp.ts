/** What was known of a run's device and model when it was trained: for the page and for what is exported. Pure. */
import { formatPlural } from '../lib/format.ts';
import type { RunRecord } from '../storage/records.ts';
import { verdictSentence, type ProofReport } from '../training/proof/proofReport.ts';

export type StampedRun = Pick<RunRecord, 'createdAt' | 'modelId' | 'deviceName' | 'deviceCheck' | 'proof'>;

/** Whether a proof speaks of the device and the model that a run was trained with. */
export function isProofOf(
  { modelId, deviceName }: ProofReport,
  run: Pick<RunRecord, 'modelId' | 'deviceName'>,
): boolean {
  return run.deviceName !== undefined && modelId === run.modelId && deviceName === run.deviceName;
}

/** The check of the kernels and the proof, a sentence each; none where nothing was tried. */
export function stampSentences({ createdAt, deviceName, deviceCheck, proof }: StampedRun): string[] {
  const sentences: string[] = [];
  if (deviceCheck !== undefined && deviceCheck.length > 0) {
    const cases = formatPlural(deviceCheck.length, 'kernel case');
    sentences.push(`${cases} tried on ${deviceName ?? 'the device'} before the first step: all sound.`);
  }
  if (proof !== undefined) {
    const when = proof.at < createdAt ? 'before the run' : 'after the run began';
    const at = new Date(proof.at).toISOString().slice(0, 16).replace('T', ' ');
    sentences.push(`${verdictSentence(proof)} Tried ${when}, ${at} UTC.`);
  }
  return sentences;
}

/** Name → text of the file that carries the stamp whole; nothing where nothing was tried. */
export function stampFiles(run: StampedRun): Map<string, string> {
  const { deviceName, deviceCheck, proof } = run;
  if (stampSentences(run).length === 0) return new Map();
  return new Map([['graft_proof.json', `${JSON.stringify({ deviceName, deviceCheck, proof }, null, 2)}\n`]]);
}
