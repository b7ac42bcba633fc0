/** What kind of adapter it is, in a few words. */
import type { AdapterView } from '../../../workers/protocol.ts';

/** "LoRA adapter", "DoRA adapter", "IA³ adapter", "Learned prompt" or "Tuned model". */
export function adapterKind({ method, usesDora }: AdapterView): string {
  switch (method) {
    case 'lora':
      return usesDora === true ? 'DoRA adapter' : 'LoRA adapter';
    case 'ia3':
      return 'IA³ adapter';
    case 'prompt-tuning':
      return 'Learned prompt';
    case 'full':
      return 'Tuned model';
    default:
      return method satisfies never;
  }
}
