/** Values of a fresh adapter as PEFT starts one, as far as they do not come from the model's own weights. Pure. */
import { deriveSeed, makePrng } from '../../lib/prng.ts';
import type { TensorValues } from '../../formats/safetensors.ts';
import { adapterSpecs, type AdapterPlan, type AdapterSnapshot } from './adapterPlan.ts';

/**
 * A changes nothing yet: LoRA's A uniform in ±1/√in (Kaiming with a = √5), B zero; IA³'s factors one; prompt vectors
 * normal unless they start from tokens. Every tensor has its own sequence of random numbers, from the seed and its name.
 */
export function initAdapter(plan: AdapterPlan, seed: number): AdapterSnapshot {
  const tensors = new Map<string, TensorValues>();
  for (const { name, shape } of adapterSpecs(plan)) {
    const values = initialValues(plan, name, shape, seed);
    if (values !== null) tensors.set(name, { shape, values });
  }
  return { plan, tensors };
}

/** Null for what starts from the model: DoRA's lengths, modules trained in full, prompts that start from tokens. */
function initialValues(
  plan: AdapterPlan,
  name: string,
  shape: readonly number[],
  seed: number,
): Float32Array | null {
  const length = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith('.lora_A.weight')) {
    const random = makePrng(deriveSeed(seed, name.slice(0, -'.lora_A.weight'.length)));
    const bound = 1 / Math.sqrt(shape[1]!);
    return Float32Array.from({ length }, () => (2 * random.next() - 1) * bound);
  }
  if (name.endsWith('.lora_B.weight')) return new Float32Array(length);
  if (name.endsWith('.ia3_l')) return new Float32Array(length).fill(1);
  if (plan.kind === 'prompt-tuning' && plan.initTokenIds === null) {
    const random = makePrng(deriveSeed(seed, name));
    return Float32Array.from({ length }, () => random.normal());
  }
  return null;
}
