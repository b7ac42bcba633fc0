/** Adapters between Graft and several versions of peft: theirs read and run by us, ours written for them to read. */
import { disposeAdapter, uploadAdapter } from '../../src/engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../../src/engine/adapters/adapterPlan.ts';
import { uploadBatch } from '../../src/engine/t5/batchTensors.ts';
import { inferencePass } from '../../src/engine/t5/forwardPass.ts';
import { forward } from '../../src/engine/t5/t5.ts';
import { disposeWeights } from '../../src/engine/weights.ts';
import { writeSafetensors, type TensorValues } from '../../src/formats/safetensors.ts';
import { readPeftAdapter, writePeftAdapter } from '../../src/interop/peft.ts';
import { makePrng } from '../../src/lib/prng.ts';
import { compareCounts, compareTensors } from '../lib/compare.ts';
import type { Folder } from '../lib/folder.ts';
import { loadBatch, loadModel, readTensorOnce } from '../lib/models.ts';
import type { ParityCase } from '../lib/parityCase.ts';

const TOLERANCE = 1e-4;

interface Variants {
  /** The newest first. */
  versions: string[];
  bases: string[];
  methods: string[];
}

const peftVersions: ParityCase = {
  usesDevice: true,
  async *run(folder, { seed }) {
    const { versions, bases, methods } = await folder.json<Variants>('variants.json');
    for (const base of bases) {
      const { config, weights } = await loadModel(folder, base);
      const batch = await loadBatch(folder, `${base}/batch.json`);
      const logitsOf = async (snapshot: AdapterSnapshot): Promise<Float32Array> => {
        const adapter = uploadAdapter(snapshot, weights);
        const pass = inferencePass(config, weights, adapter);
        const logits = await readTensorOnce(() => forward(pass, uploadBatch(batch)));
        disposeAdapter(adapter);
        return logits;
      };
      for (const method of methods) {
        for (const version of versions) {
          const path = `theirs/${version}/${base}/${method}`;
          const { snapshot, report } = await readPeftAdapter(await filesIn(folder, path), config);
          const label = `${base}, ${method}, written by peft ${version}`;
          const { missing, unexpected, ignoredSettings } = report;
          yield compareCounts(
            `${label}: keys not used`,
            [...missing, ...unexpected, ...ignoredSettings].length,
            0,
          );
          const reference = await folder.tensors(`${path}/reference.safetensors`);
          yield compareTensors(
            `${label}: logits`,
            await logitsOf(snapshot),
            reference.get('logits')!,
            TOLERANCE,
          );
          if (version !== versions[0]) continue;

          const ours = shaken(snapshot, seed);
          const files = writePeftAdapter(ours, { baseModelName: base, name: method, config });
          for (const [file, bytes] of files) await folder.write(`ours/${base}/${method}/${file}`, bytes);
          const values = await logitsOf(ours);
          const logits = new Map([['logits', { shape: [values.length], values }]]);
          await folder.write(`ours/${base}/${method}/logits.safetensors`, writeSafetensors(logits));
        }
      }
      disposeWeights(weights);
    }
  },
};

export default peftVersions;

async function filesIn(folder: Folder, path: string) {
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  return Promise.all(names.map(async (name) => ({ name, source: await folder.source(`${path}/${name}`) })));
}

/** The same adapter with other values: nothing of what peft wrote can pass for ours. */
function shaken({ plan, tensors }: AdapterSnapshot, seed: number): AdapterSnapshot {
  const prng = makePrng(seed);
  const shake = ({ shape, values }: TensorValues) => ({
    shape,
    values: values.map((value) => value * (1 + 0.2 * prng.normal())),
  });
  return { plan, tensors: new Map([...tensors].map(([name, values]) => [name, shake(values)])) };
}
