/** Names of the four ways to answer. */
import type { Arm } from '../../../eval/comparison.ts';

export const armNames: Record<Arm, string> = {
  prompt: 'Prompt only',
  rag: 'RAG',
  tuned: 'Fine-tuned',
  'tuned-rag': 'Fine-tuned + RAG',
};
