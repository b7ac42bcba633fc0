/** Tables open in the tokenizer worker. The original files stay in the file store, so a reload reads them again. */
import { columnStats, suggestTask } from '../data/mapping.ts';
import { joinTables } from '../formats/joinTables.ts';
import { readTable } from '../formats/readTable.ts';
import type { Table } from '../formats/table.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { listFiles, loadFile, saveFile } from '../storage/fileStore.ts';
import { datasetFolder } from '../storage/paths.ts';
import type { DatasetView } from './protocol.ts';

const HEAD_ROWS = 200;

const tables = new Map<string, Table>();

/** Reads files into a table and keeps both; without files, reads the kept ones again. */
export async function openDataset(
  id: string,
  files: readonly File[] | undefined,
  job: Job,
): Promise<DatasetView> {
  const startedAt = performance.now();
  let table = files === undefined ? tables.get(id) : undefined;
  if (table === undefined) {
    const given = files ?? (await keptFiles(id));
    if (given.length === 0) {
      throw new ProblemError({
        code: 'dataset-missing',
        message: 'The file of this dataset is no longer kept in this browser.',
        fix: 'Drop it again.',
      });
    }
    const parts: Table[] = [];
    for (const file of given) {
      parts.push(await readTable(file.name, new Uint8Array(await file.arrayBuffer()), job));
    }
    table = joinTables(parts);
    if (files !== undefined) {
      for (const [i, file] of given.entries()) {
        job.signal?.throwIfAborted();
        await saveFile(`${datasetFolder(id)}/${String(i).padStart(4, '0')}-${safeName(file.name)}`, file);
      }
    }
    tables.set(id, table);
  }
  return view(id, table, performance.now() - startedAt);
}

/** The open table of a dataset; reads the kept files again where the worker is new. */
export async function tableOf(id: string, job: Job): Promise<Table> {
  if (!tables.has(id)) await openDataset(id, undefined, job);
  return tables.get(id)!;
}

/** Lets a table go. */
export function closeTable(id: string): void {
  tables.delete(id);
}

async function keptFiles(id: string): Promise<File[]> {
  const files: File[] = [];
  for (const name of await listFiles(datasetFolder(id))) {
    const file = await loadFile(`${datasetFolder(id)}/${name}`);
    if (file !== undefined) files.push(new File([file], name.replace(/^\d{4}-/, '')));
  }
  return files;
}

/** File names in the store hold no path separators. */
function safeName(name: string): string {
  return name.replaceAll(/[/\\]/g, '_');
}

function view(id: string, table: Table, readMs: number): DatasetView {
  const head = table.rows.slice(0, HEAD_ROWS);
  return {
    id,
    name: table.name,
    format: table.format,
    encoding: table.encoding,
    hadByteOrderMark: table.hadByteOrderMark,
    ...(table.delimiter === undefined ? {} : { delimiter: table.delimiter }),
    byteLength: table.byteLength,
    rowCount: table.rows.length,
    columns: table.columns,
    stats: columnStats(table),
    head,
    headLines: table.lines.slice(0, HEAD_ROWS),
    problems: table.problems,
    suggestedTask: suggestTask(table.columns, head),
    readMs,
  };
}
