/**
 * A tuned model as one Hugging Face folder in a zip, ready for transformers without peft. It is written piece by piece into
 * the file store; the page hands the stored file to the browser's downloads.
 */
import { mergedModel } from '../engine/adapters/mergedTensors.ts';
import { purgePool } from '../engine/memory.ts';
import { streamedByteLength, streamSafetensors, type StreamedFormat } from '../formats/safetensorsStream.ts';
import { mergedModelFiles } from '../interop/mergedModelFiles.ts';
import { streamZip, type StreamedFile } from '../interop/zipStream.ts';
import { fileNameOf } from '../lib/fileName.ts';
import type { Job } from '../lib/progress.ts';
import { openForWriting, removePath } from '../storage/fileStore.ts';
import { mergedPath } from '../storage/paths.ts';
import type { LoadedModel } from './loadedModel.ts';
import type { ExportedModel, ExportRequest } from './protocol.ts';
import type { TunedShelf } from './tunedShelf.ts';

/** Writes the zip. Stopped or failed, it leaves nothing behind. Throws ProblemError where the adapter cannot be merged. */
export async function exportMerged(
  { adapterId, name, format, runFiles }: ExportRequest & { format: StreamedFormat },
  model: LoadedModel,
  shelf: TunedShelf,
  job: Job,
): Promise<ExportedModel> {
  const tuned = await shelf.get(adapterId);
  const { tensors, tieWordEmbeddings } =
    tuned.kind === 'adapter'
      ? mergedModel(model.config, model.weights, tuned.adapter)
      : mergedModel(model.config, tuned.weights, null);
  const { config, configJson } = model;
  const { tokenizerJson } = model.view;
  const texts = mergedModelFiles({ config, configJson, tokenizerJson, tieWordEmbeddings, format });
  const weights: StreamedFile = {
    name: 'model.safetensors',
    byteLength: streamedByteLength(tensors, format),
    pieces: () => streamSafetensors(tensors, format),
  };
  const files = [...[...texts, ...runFiles].map(([file, text]) => textFile(file, text)), weights];
  const total = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  const stream = await openForWriting(mergedPath);
  try {
    const write = async (piece: Uint8Array): Promise<void> => {
      await stream.write(piece as Uint8Array<ArrayBuffer>);
      done = Math.min(total, done + piece.byteLength);
      job.onProgress?.({ phase: 'Writing the merged model', done, total, unit: 'bytes' });
      await new Promise((resolve) => setTimeout(resolve, 0)); // lets a stop in
    };
    await streamZip(files, write, { signal: job.signal });
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => undefined);
    await removePath(mergedPath);
    throw error;
  } finally {
    purgePool();
  }
  return { fileName: `${fileNameOf(name)}-merged.zip`, path: mergedPath, byteLength: done };
}

function textFile(name: string, text: string): StreamedFile {
  const bytes = new TextEncoder().encode(text);
  return { name, byteLength: bytes.length, pieces: () => [bytes] };
}
