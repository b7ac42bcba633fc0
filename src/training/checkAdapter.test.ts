/**
 * The whole way of an adapter: trained here, written here, loaded by the real peft, same logits; and merged, loaded by
 * transformers alone. Needs a Python with
 * torch, transformers and peft, named by GRAFT_PYTHON; skipped with the reason printed where there is none.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, test } from 'vitest';
import { disposeAdapter, uploadAdapter, type Adapter } from '../engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../engine/adapters/adapterPlan.ts';
import { mergedModel } from '../engine/adapters/mergedTensors.ts';
import { readFresh } from '../engine/runtime.ts';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { generate } from '../engine/t5/generate.ts';
import { forward } from '../engine/t5/t5.ts';
import { streamSafetensors } from '../formats/safetensorsStream.ts';
import { zipFiles } from '../interop/adapterZip.ts';
import { mergedModelFiles } from '../interop/mergedModelFiles.ts';
import { writePeftAdapter } from '../interop/peft.ts';
import { goldenPath } from '../test/golden/goldenJson.ts';
import {
  FLAVOURS,
  goldenBatch,
  goldenTensors,
  loadGoldenModel,
  type Flavour,
} from '../test/golden/goldenModel.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables } from './trainables.ts';

const python = process.env['GRAFT_PYTHON'];
const reason = whyNot();
if (reason !== null) console.warn(`The check of our adapters by peft is skipped: ${reason}`);

const folder = mkdtempSync(join(tmpdir(), 'graft-adapter-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: {
    ...DEFAULT_RUN_CONFIG.lora,
    r: 3,
    alpha: 5,
    dropout: 0.1,
    targets: ['q', 'v', 'o', 'wi', 'wi_0', 'wo'],
  },
  learningRate: 2e-2,
  warmupSteps: 0,
};

test.for(FLAVOURS)('%s: peft gives our logits and our text', async (flavour, context) => {
  context.skip(reason !== null, reason ?? '');
  await tf.setBackend('cpu');
  const base = await loadGoldenModel(flavour);
  const batch = goldenBatch(await goldenTensors(flavour));
  const trainables = openTrainables(base, config);
  const batches = {
    stepsPerEpoch: 1,
    nextStep: () => [batch],
    epochAfter: (step: number) => step,
    state: () => ({ seed: 0, epoch: 0, position: 0 }),
  };
  const run = sft({ config, trainables, batches, totalSteps: 5, validation: null });
  for await (const event of run) expect(event.kind).not.toBe('skipped');
  const snapshot = await trainables.readAdapter();

  const home = join(folder, flavour);
  mkdirSync(home);
  for (const name of ['config.json', 'model.safetensors']) {
    cpSync(goldenPath(`${flavour}/${name}`), join(home, 'base', name));
  }
  const files = writePeftAdapter(snapshot!, {
    baseModelName: join(home, 'base'),
    name: 'check',
    config: base.config,
  });
  writeFileSync(join(home, 'adapter.zip'), await zipFiles(files));
  writeFileSync(join(home, 'cases.json'), JSON.stringify([await makeCase(base, snapshot!, batch)]));

  const check = (written: string): void => {
    const args = [
      'scripts/checkAdapter.py',
      ...['base', written, 'cases.json'].map((name) => join(home, name)),
    ];
    const { status, stdout, stderr } = spawnSync(python!, args, { encoding: 'utf8' });
    expect(`${stdout}${status === 0 ? '' : stderr}`).toMatch(
      /^case 1: largest difference [\d.e-]+ .*: ok\n$/,
    );
    expect(status).toBe(0);
  };
  check('adapter.zip');
  await writeMerged(base, trainables.adapter!, flavour, join(home, 'merged'));
  check('merged');
  trainables.dispose();
});

/** The adapter folded into its model, as a folder for transformers. */
async function writeMerged(
  { config: model, weights }: Awaited<ReturnType<typeof loadGoldenModel>>,
  adapter: Adapter,
  flavour: Flavour,
  target: string,
): Promise<void> {
  const { tensors, tieWordEmbeddings } = mergedModel(model, weights, adapter);
  const texts = mergedModelFiles({
    config: model,
    configJson: readFileSync(goldenPath(`${flavour}/config.json`), 'utf8'),
    tokenizerJson: readFileSync(goldenPath('tokenizer/small-tokenizer.json'), 'utf8'),
    tieWordEmbeddings,
    format: 'F32',
  });
  mkdirSync(target);
  for (const [name, text] of texts) writeFileSync(join(target, name), text);
  for await (const piece of streamSafetensors(tensors, 'F32')) {
    appendFileSync(join(target, 'model.safetensors'), piece);
  }
}

/** Inputs with the logits and the greedy ids that we find for them. */
async function makeCase(
  { config: model, weights }: Awaited<ReturnType<typeof loadGoldenModel>>,
  snapshot: AdapterSnapshot,
  batch: ReturnType<typeof goldenBatch>,
) {
  const adapter = uploadAdapter(snapshot, weights);
  const pass = inferencePass(model, weights, adapter);
  const logits = tf.tidy(() => forward(pass, uploadBatch(batch)));
  const values = await readFresh(logits);
  logits.dispose();
  const generated = await generate(pass, batch, { maxNewTokens: 10 });
  disposeAdapter(adapter);
  const rows = (flat: ArrayLike<number>, width: number) =>
    Array.from({ length: flat.length / width }, (_, row) =>
      Array.from({ length: width }, (_, i) => flat[row * width + i]!),
    );
  const positions = rows(values, model.vocabSize);
  return {
    input_ids: rows(batch.inputIds, batch.inputLength),
    attention_mask: rows(batch.inputMask, batch.inputLength),
    decoder_input_ids: rows(batch.decoderInputIds, batch.labelLength),
    logits: Array.from({ length: batch.size }, (_, row) =>
      positions.slice(row * batch.labelLength, (row + 1) * batch.labelLength),
    ),
    generated: generated.map(({ ids }) => ids),
  };
}

/** Why the check cannot run; null if it can. */
function whyNot(): string | null {
  if (python === undefined || python === '')
    return 'GRAFT_PYTHON does not name a Python with torch, transformers and peft.';
  const { status, stderr, error } = spawnSync(python, ['-c', 'import peft'], { encoding: 'utf8' });
  return status === 0
    ? null
    : `"${python} -c 'import peft'" failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
}
