/**
 * Whether weight decay applies to a parameter, by its Hugging Face name: to matrices (embeddings and LoRA included), not
 * to norms nor to anything called a bias, which takes the relative position bias out. As transformers' Trainer
 * (`get_decay_parameter_names`).
 */
export function hasWeightDecay(name: string): boolean {
  return !name.includes('layer_norm') && !name.includes('bias');
}
