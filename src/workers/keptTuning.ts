/** Keeps from visit to visit which kernels are fastest on each adapter, so that only the first visit measures. */
import type { ProductBits } from '../engine/ops/linear/matmulKernels.ts';
import { tuneMatmul, type Tuning } from '../engine/ops/linear/matmulTuning.ts';
import { loadBytes, saveFile } from '../storage/fileStore.ts';
import { matmulTuningPath } from '../storage/paths.ts';

/** What choices depend on: the adapter, the features in use, the browser, which compiles the kernels, and the products' bits. */
export interface TunedAdapter {
  readonly name: string;
  readonly features: readonly string[];
  readonly browser: string;
  /** 32 unless told. */
  readonly bits?: ProductBits;
}

/** A text that outlives the visit. Both may fail: some browsers store nothing. */
export interface TuningStore {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/** Adapters, versions of a browser, or bits of products that are remembered; the oldest goes first. */
export const mostAdapters = 8;

/** Chooses kernels for the adapter, by measuring only where no choices are kept. A store that fails counts as empty. */
export async function tuneAdapter(
  { name, features, browser, bits = 32 }: TunedAdapter,
  store: TuningStore = fileStore,
  tune: (name: string, kept?: string) => Promise<Tuning> = (...args) => tuneMatmul(...args, { bits }),
): Promise<void> {
  const key = [name, ...features, browser, ...(bits === 32 ? [] : [`${bits} bits`])].join(' | ');
  const all = readAll(await store.load().catch(() => undefined));
  const { kept } = await tune(name, all.get(key));
  if (all.get(key) === kept) return;
  all.delete(key);
  const entries = [...all, [key, kept] as const].slice(-mostAdapters);
  await store.save(JSON.stringify(entries)).catch(() => undefined);
}

function readAll(text: string | undefined): Map<string, string> {
  try {
    const entries: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(entries)) return new Map();
    return new Map(
      entries.filter(
        (entry): entry is [string, string] =>
          Array.isArray(entry) && entry.length === 2 && entry.every((part) => typeof part === 'string'),
      ),
    );
  } catch {
    return new Map();
  }
}

const fileStore: TuningStore = {
  load: async () => {
    const bytes = await loadBytes(matmulTuningPath);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  },
  save: (text) => saveFile(matmulTuningPath, new TextEncoder().encode(text)),
};
