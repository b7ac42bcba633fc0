/** Answers side by side: prompt only, RAG, fine-tuned, fine-tuned + RAG, on one input and on held-out rows. */
import { create } from 'zustand';
import {
  ARMS,
  scoreOutput,
  type Arm,
  type ArmOutput,
  type ComparisonRow,
  type ShownPassage,
} from '../eval/comparison.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import { engine } from '../workers/engineClient.ts';
import type {
  EngineEvent,
  ExamplesRequest,
  Generation,
  KnowledgeView,
  RetrievedPassage,
  Tuned,
} from '../workers/protocol.ts';
import { isAbort } from '../workers/rpc.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { chosenAdapter, useAdapters } from './adapters.ts';
import { examplesRequest, useDatasets } from './datasets.ts';
import { decodingOfModel, followModel, PLAIN_DECODING, type Decoding } from './decoding.ts';
import { useModels } from './models.ts';
import { useRunSetup } from './runSetup.ts';
import { useRuns } from './runs.ts';

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

let running: AbortController | undefined;
/** Counts answers to one input, so that late words of an earlier one are not shown. */
let answerNumber = 0;
/** What the training rows were indexed from; they are indexed anew when it changes. */
let knowledgeKey = '';

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
/** Takes another input, and puts away what was answered to the one before. */
export function setPrompt(prompt: string): void {
  stopAnswering();
  useComparison.setState({ prompt, heldOutIndex: undefined, answers: {}, passages: [] });
}
export const setReference = (reference: string): void => useComparison.setState({ reference });

/** Prepares the held-out rows of the open dataset and puts the first one in as input. */
export async function loadHeldOut(): Promise<void> {
  const request = comparedExamples();
  if (request === undefined || useModels.getState().model === undefined) return;
  running?.abort();
  try {
    const prepared = await tokenizerWorker().call('prepare', request);
    const heldOut = prepared.test.length > 0 ? prepared.test : prepared.validationExamples;
    useComparison.setState({ heldOut, rows: [], problem: undefined });
    const { prompt, heldOutIndex } = useComparison.getState();
    if (prompt === '' || heldOutIndex !== undefined) chooseHeldOut(0);
    if (answersWhenLoaded) {
      answersWhenLoaded = false;
      void answerOne();
    }
  } catch (error) {
    useComparison.setState({ heldOut: [], problem: toProblem(error) });
  }
}

let answersWhenLoaded = false;

/** Lets all arms answer by themselves as soon as the panel has loaded its held-out rows. */
export function answerWhenLoaded(): void {
  answersWhenLoaded = true;
}

/** Puts a held-out example in as the input. */
export function chooseHeldOut(index: number): void {
  const { heldOut } = useComparison.getState();
  const example = heldOut[index];
  if (example === undefined) return;
  stopAnswering();
  useComparison.setState({
    heldOutIndex: index,
    prompt: example.prompt,
    reference: example.target,
    answers: {},
    passages: [],
  });
}

/**
 * The examples to compare on: those of the run that made the chosen adapter, in that run's own split, so that held-out
 * rows are rows it never saw; the open dataset as it is set up now where there is no such run.
 */
export function comparedExamples(): ExamplesRequest | undefined {
  const { chosenId } = useAdapters.getState();
  const { dataset } = useDatasets.getState();
  const run = useRuns.getState().runs.find(({ id }) => id === chosenId);
  return run !== undefined && run.datasetId === dataset?.id ? run.examples : examplesRequest();
}

/** Whether the chosen adapter belongs to the loaded model. */
export function isAdapterUsable(): boolean {
  const adapter = chosenAdapter(useAdapters.getState());
  return adapter !== undefined && adapter.modelId === useModels.getState().model?.id;
}

/** Which arms can answer now: the tuned ones need an adapter, the RAG ones something to retrieve from. */
export function availableArms(): Arm[] {
  const hasTuned = isAdapterUsable();
  const canRetrieve = useComparison.getState().knowledge !== undefined || examplesRequest() !== undefined;
  const arms: Arm[] = ['prompt'];
  if (canRetrieve) arms.push('rag');
  if (hasTuned) arms.push('tuned');
  if (hasTuned && canRetrieve) arms.push('tuned-rag');
  return arms;
}

/** Lets every available arm answer the one input. */
export async function answerOne(): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { prompt, heldOut, heldOutIndex } = useComparison.getState();
  const arms = availableArms();
  const settings = presentSettings();
  answerNumber++;
  useComparison.setState({
    isAnswering: true,
    problem: undefined,
    passages: [],
    answers: Object.fromEntries(arms.map((arm) => [arm, { text: '', isWriting: true }])),
  });
  try {
    const rowIndex = heldOutIndex === undefined ? undefined : heldOut[heldOutIndex]?.rowIndex;
    const found = arms.includes('rag')
      ? (await retrieve([{ prompt, ...(rowIndex === undefined ? {} : { rowIndex }) }], controller.signal))[0]
      : undefined;
    useComparison.setState({ passages: found?.passages ?? [] });
    for (const arm of arms) {
      const text = arm === 'rag' || arm === 'tuned-rag' ? (found?.prompt ?? prompt) : prompt;
      const [generation] = await generate([text], arm, settings, controller.signal, `${answerNumber}:${arm}`);
      if (generation !== undefined) {
        setAnswer(arm, { ...generation, isWriting: false });
      }
    }
  } catch (error) {
    if (!isAbort(error)) useComparison.setState({ problem: toProblem(error) });
  } finally {
    if (running === controller) {
      running = undefined;
      finishAnswers();
    }
  }
}

const BATCH_ROWS = 8;

/** Lets the arms answer the first `rowsWanted` held-out rows, a few at a time, and scores them. */
export async function evaluateHeldOut(arms: readonly Arm[] = availableArms()): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { heldOut, rowsWanted } = useComparison.getState();
  const chosen = heldOut.slice(0, rowsWanted);
  const settings = presentSettings();
  useComparison.setState({
    isEvaluating: true,
    rows: [],
    problem: undefined,
    evaluatedArms: arms,
    evaluationDone: 0,
    evaluationTotal: chosen.length * arms.length,
  });
  try {
    for (let start = 0; start < chosen.length; start += BATCH_ROWS) {
      const part = chosen.slice(start, start + BATCH_ROWS);
      const prompts = part.map(({ prompt, rowIndex }) => ({ prompt, rowIndex }));
      const needsPassages = arms.some((arm) => arm === 'rag' || arm === 'tuned-rag');
      const found = needsPassages ? await retrieve(prompts, controller.signal) : [];
      const rows: ComparisonRow[] = part.map(({ rowIndex, prompt, target }, i) => ({
        rowIndex,
        prompt,
        reference: target,
        outputs: {},
        ...(found[i] === undefined ? {} : { passages: found[i].passages.map(shownPassage) }),
      }));
      for (const arm of arms) {
        const withPassages = arm === 'rag' || arm === 'tuned-rag';
        const texts = withPassages ? found.map(({ prompt }) => prompt) : prompts.map(({ prompt }) => prompt);
        const generations = await generate(texts, arm, settings, controller.signal);
        generations.forEach((generation, i) => {
          const row = rows[i]!;
          row.outputs[arm] = { ...generation, ...scoreOutput(row.reference, generation.text) };
        });
        useComparison.setState(({ evaluationDone }) => ({ evaluationDone: evaluationDone + part.length }));
      }
      useComparison.setState(({ rows: before }) => ({ rows: [...before, ...rows] }));
    }
  } catch (error) {
    if (!isAbort(error)) useComparison.setState({ problem: toProblem(error) });
  } finally {
    if (running === controller) {
      running = undefined;
      useComparison.setState({ isEvaluating: false });
    }
  }
}

/** Stops answering or evaluating; what is there stays. */
export function cancelComparison(): void {
  running?.abort();
}

/** Indexes dropped text files as the knowledge base. */
export async function readKnowledge(files: readonly File[]): Promise<void> {
  useComparison.setState({ isReadingKnowledge: true, problem: undefined });
  try {
    const knowledge = await tokenizerWorker().call('readKnowledge', { files });
    useComparison.setState({ knowledge });
  } catch (error) {
    useComparison.setState({ problem: toProblem(error) });
  } finally {
    useComparison.setState({ isReadingKnowledge: false });
  }
}

/** Goes back to the training rows as the knowledge base. */
export async function forgetKnowledge(): Promise<void> {
  await tokenizerWorker().call('forgetKnowledge', {});
  useComparison.setState({ knowledge: undefined });
}

/** Shows text while it is written. Called from wiring only. */
export function takeTokens(event: Extract<EngineEvent, { kind: 'tokens' }>): void {
  const [, number, arm] = event.jobId.split(':');
  if (number !== String(answerNumber) || !useComparison.getState().isAnswering) return;
  if (arm === 'prompt' || arm === 'rag' || arm === 'tuned' || arm === 'tuned-rag') {
    setAnswer(arm, { text: event.text, isWriting: true });
  }
}

function shownPassage({ passage, score }: RetrievedPassage): ShownPassage {
  return { source: passage.source, text: passage.text, score };
}

function finishAnswers(): void {
  const { answers } = useComparison.getState();
  const finished: Partial<Record<Arm, LiveAnswer>> = {};
  for (const arm of ARMS) {
    const answer = answers[arm];
    if (answer !== undefined) finished[arm] = { ...answer, isWriting: false };
  }
  useComparison.setState({ isAnswering: false, answers: finished });
}

function setAnswer(arm: Arm, answer: LiveAnswer): void {
  useComparison.setState(({ answers }) => ({ answers: { ...answers, [arm]: answer } }));
}

/** What all answers of one comparison are made with, whatever is changed meanwhile. */
interface AnswerSettings {
  tuned: Tuned;
  decoding: Decoding;
  maxInputTokens: number;
}

function presentSettings(): AnswerSettings {
  const { chosenId, strength } = useAdapters.getState();
  return {
    tuned: chosenId === undefined ? null : { adapterId: chosenId, strength },
    decoding: useComparison.getState().decoding,
    maxInputTokens: comparedExamples()?.maxInputTokens ?? useRunSetup.getState().config.maxInputTokens,
  };
}

function stopAnswering(): void {
  if (useComparison.getState().isAnswering) running?.abort();
}

function generate(
  prompts: readonly string[],
  arm: Arm,
  { tuned, decoding, maxInputTokens }: AnswerSettings,
  signal: AbortSignal,
  streamTo = 'none',
): Promise<Generation[]> {
  const isTuned = arm === 'tuned' || arm === 'tuned-rag';
  return engine().call(
    'generate',
    { prompts, tuned: isTuned ? tuned : null, maxInputTokens, ...decoding, jobId: `compare:${streamTo}` },
    { signal },
  );
}

async function retrieve(
  prompts: readonly { prompt: string; rowIndex?: number }[],
  signal: AbortSignal,
): Promise<{ prompt: string; passages: RetrievedPassage[] }[]> {
  const { knowledge, passageCount } = useComparison.getState();
  if (knowledge?.source !== 'files') {
    const rows = comparedExamples();
    if (rows === undefined) return prompts.map(({ prompt }) => ({ prompt, passages: [] }));
    if (knowledge === undefined || knowledgeKey !== JSON.stringify(rows)) {
      const read = await tokenizerWorker().call('readKnowledge', { rows }, { signal });
      knowledgeKey = JSON.stringify(rows);
      useComparison.setState({ knowledge: read });
    }
  }
  const { maxInputTokens } = useRunSetup.getState().config;
  return tokenizerWorker().call('retrieve', { prompts, passageCount, maxInputTokens }, { signal });
}
