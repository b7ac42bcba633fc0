/** A name without spaces or signs that every file system takes: "Support chats, r 16" → "support-chats-r-16". */
export function fileNameOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return plain === '' ? 'adapter' : plain;
}
