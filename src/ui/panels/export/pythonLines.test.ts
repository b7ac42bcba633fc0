import { describe, expect, it } from 'vitest';
import { pythonLines } from './pythonLines.ts';

const view = { id: 'a', name: 'chats', origin: 'run', parameterCount: 1 } as const;

describe('lines that load an export', () => {
  it('puts an adapter on its base model', () => {
    const lines = pythonLines({ ...view, method: 'lora' }, 'google/flan-t5-small', 'chats-lora.zip');
    expect(lines).toContain('AutoModelForSeq2SeqLM.from_pretrained("google/flan-t5-small")');
    expect(lines).toContain('PeftModel.from_pretrained(base, "chats-lora")');
  });

  it('loads fully tuned weights without peft', () => {
    const lines = pythonLines({ ...view, method: 'full' }, 'starter');
    expect(lines).not.toContain('peft');
    expect(lines).toContain('AutoTokenizer.from_pretrained("chats")');
  });

  it('names the folder as the download is named, and quotes what Python would trip over', () => {
    expect(pythonLines({ ...view, method: 'lora', name: 'My chats, r 16' }, 'm')).toContain(
      '"my-chats-r-16"',
    );
    expect(pythonLines({ ...view, method: 'lora' }, 'a "b"')).toContain(String.raw`"a \"b\""`);
  });
});
