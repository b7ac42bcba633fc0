/** The files of a drop, folders opened: each with its plain name, hidden files left out. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files: File[] = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory === true) files.push(...(await folderFiles(entry as FileSystemDirectoryEntry)));
    else if (file !== null) files.push(file);
  }
  return files.filter(({ name }) => !name.startsWith('.'));
}

/** A model's or adapter's folder is whole by itself: checkpoints below it are other models of the same names. */
const WHOLE_FOLDER = /^(config|adapter_config)\.json$/;

async function folderFiles(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const entries = await entriesOf(folder);
  const isWhole = entries.some(({ isFile, name }) => isFile && WHOLE_FOLDER.test(name));
  const files: File[] = [];
  for (const entry of entries) {
    if (entry.isFile) files.push(await fileOf(entry as FileSystemFileEntry));
    else if (!isWhole) files.push(...(await folderFiles(entry as FileSystemDirectoryEntry)));
  }
  return files;
}

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}
