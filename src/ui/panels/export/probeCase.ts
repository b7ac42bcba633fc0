/** The probe as scripts/checkAdapter.py reads it: a list of one case with nested lists. */
import type { Probe } from '../../../engine/probeLogits.ts';

/** JSON text; logits are written as [1][T][V]. */
export function probeCase({ inputIds, decoderInputIds, logits }: Probe): string {
  const width = logits.length / decoderInputIds.length;
  const rows = Array.from(decoderInputIds, (_, t) => Array.from(logits.subarray(t * width, (t + 1) * width)));
  const mask = Array.from(inputIds, () => 1);
  return JSON.stringify([
    {
      input_ids: [[...inputIds]],
      attention_mask: [mask],
      decoder_input_ids: [[...decoderInputIds]],
      logits: [rows],
    },
  ]);
}
