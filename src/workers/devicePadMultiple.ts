/** How finely the lengths of batches are told apart on the present device. */
import { PAD_MULTIPLE } from '../data/collate.ts';
import { isWebgpu } from '../engine/runtime.ts';

/** On WASM, which keeps nothing by shape, every padded token is only time lost. */
const FINE_PAD_MULTIPLE = 4;

/** The `padMultiple` of batches and prompts. */
export function devicePadMultiple(): number {
  return isWebgpu() ? PAD_MULTIPLE : FINE_PAD_MULTIPLE;
}
