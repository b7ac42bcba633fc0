/** Hands a file to the browser's downloads. The bytes go through a Blob address and never leave the machine. */
export function saveFile(fileName: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = safeFileName(fileName);
  link.click();
  // Some browsers read the address after this turn of the event loop.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}

/** Takes out what file systems refuse: "a/b: c?" becomes "a-b- c-". */
function safeFileName(name: string): string {
  return name.replaceAll(/[\\/:*?"<>|]/g, '-');
}
