/** What the comparison shows: answers side by side on one input and on held-out rows, and what they are made with. */
import { create } from 'zustand';
import type { Arm, ArmOutput, ComparisonRow } from '../eval/comparison.ts';
import type { Problem } from '../lib/problem.ts';
import type { KnowledgeView, RetrievedPassage } from '../workers/protocol.ts';
import { decodingOfModel, followModel, PLAIN_DECODING, type Decoding } from './decoding.ts';
import { useModels } from './models.ts';

/** One arm's answer while it is being written and when it is whole. */
export interface LiveAnswer extends Partial<ArmOutput> {
  text: string;
  isWriting: boolean;
}

export interface ComparisonState {
  decoding: Decoding;
  passageCount: number;
  knowledge?: KnowledgeView | undefined;
  isReadingKnowledge: boolean;

  /** Held-out examples of the open dataset. */
  heldOut: readonly { rowIndex: number; prompt: string; target: string }[];
  /** Which held-out example is the input; undefined for own text. */
  heldOutIndex?: number | undefined;
  prompt: string;
  reference: string;
  answers: Partial<Record<Arm, LiveAnswer>>;
  passages: readonly RetrievedPassage[];
  isAnswering: boolean;

  rows: readonly ComparisonRow[];
  rowsWanted: number;
  isEvaluating: boolean;
  evaluatedArms: readonly Arm[];
  evaluationDone: number;
  evaluationTotal: number;

  problem?: Problem | undefined;
}

export const useComparison = create<ComparisonState>(() => ({
  decoding: PLAIN_DECODING,
  passageCount: 3,
  isReadingKnowledge: false,
  heldOut: [],
  prompt: '',
  reference: '',
  answers: {},
  passages: [],
  isAnswering: false,
  rows: [],
  rowsWanted: 20,
  isEvaluating: false,
  evaluatedArms: [],
  evaluationDone: 0,
  evaluationTotal: 0,
}));

export const setDecoding = (change: Partial<Decoding>): void =>
  useComparison.setState(({ decoding }) => ({ decoding: { ...decoding, ...change } }));

let modelDecoding = PLAIN_DECODING;

/** Takes over the decoding defaults of the loaded model. Called from wiring only. */
export function takeModelDecoding(): void {
  const before = modelDecoding;
  modelDecoding = decodingOfModel(useModels.getState().model?.generation);
  useComparison.setState(({ decoding }) => ({ decoding: followModel(decoding, before, modelDecoding) }));
}

export const setPassageCount = (passageCount: number): void => useComparison.setState({ passageCount });
export const setRowsWanted = (rowsWanted: number): void => useComparison.setState({ rowsWanted });
export const setReference = (reference: string): void => useComparison.setState({ reference });
