/**
 * Chat records as two columns: what the model reads (`input`) and what it learns to say (`target`).
 * Both spellings: OpenAI `messages: [{role, content}]` and ShareGPT `conversations: [{from, value}]`.
 */

/** Names of the field that holds a conversation. */
const CONVERSATION_FIELDS = ['messages', 'conversations'];

const SPEAKERS: Readonly<Record<string, string>> = {
  user: 'User',
  human: 'User',
  assistant: 'Assistant',
  gpt: 'Assistant',
  model: 'Assistant',
  system: 'System',
};

interface Turn {
  speaker: string;
  text: string;
}

/**
 * Replaces the conversation of a record by `input` (every turn before the last assistant turn, one `Speaker: text` a
 * line) and `target` (the last assistant turn, empty when there is none). Other records come back as they are, and so
 * do those that already have an `input` or a `target`.
 */
export function flattenConversation(
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const field = CONVERSATION_FIELDS.find((name) => Array.isArray(record[name]));
  if (field === undefined || 'input' in record || 'target' in record) return record;
  const turns = readTurns(record[field] as readonly unknown[]);
  if (!turns) return record;
  const last = turns.findLastIndex(({ speaker }) => speaker === 'Assistant');
  const before = last < 0 ? turns : turns.slice(0, last);
  const { [field]: _conversation, ...others } = record;
  return {
    input: before.map(({ speaker, text }) => `${speaker}: ${text}`).join('\n'),
    target: turns[last]?.text ?? '',
    ...others,
  };
}

function readTurns(items: readonly unknown[]): Turn[] | undefined {
  const turns: Turn[] = [];
  for (const item of items) {
    if (typeof item !== 'object' || item === null) return undefined;
    const turn = item as Readonly<Record<string, unknown>>;
    const role = turn.role ?? turn.from;
    if (typeof role !== 'string') return undefined;
    const name = role.toLowerCase();
    const speaker = Object.hasOwn(SPEAKERS, name)
      ? SPEAKERS[name]!
      : role.charAt(0).toUpperCase() + role.slice(1);
    turns.push({ speaker, text: contentText(turn.content ?? turn.value) });
  }
  return turns;
}

/** Content is a string, or a list of parts of which the text ones count. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content == null ? '' : JSON.stringify(content);
  return content
    .map((part: unknown) => (part as { text?: unknown } | null)?.text)
    .filter((text) => typeof text === 'string')
    .join('\n');
}
