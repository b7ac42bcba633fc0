/** Lets the arms answer: prompt only, RAG, fine-tuned, fine-tuned + RAG, on one input and on held-out rows. */
import { ARMS, scoreOutput, type Arm, type ComparisonRow, type ShownPassage } from '../eval/comparison.ts';
import { toProblem } from '../lib/problem.ts';
import { engine } from '../workers/engineClient.ts';
import type { EngineEvent, Generation, RetrievedPassage, Tuned } from '../workers/protocol.ts';
import { isAbort } from '../workers/rpc.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { useAdapters } from './adapters.ts';
import { availableArms, comparedExamples } from './comparedRun.ts';
import { useComparison, type LiveAnswer } from './comparison.ts';
import type { Decoding } from './decoding.ts';
import { retrieve } from './knowledge.ts';
import { useModels } from './models.ts';
import { useRunSetup } from './runSetup.ts';

let running: AbortController | undefined;
/** Counts answers to one input, so that late words of an earlier one are not shown. */
let answerNumber = 0;

/** Takes another input, and puts away what was answered to the one before. */
export function setPrompt(prompt: string): void {
  stopAnswering();
  useComparison.setState({ prompt, heldOutIndex: undefined, answers: {}, passages: [] });
}

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
