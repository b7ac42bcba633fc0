import { describe, expect, it } from 'vitest';
import { dropKind } from './dropKind.ts';

describe('what dropped files are meant for', () => {
  it.each([
    [['tickets.csv'], 'dataset'],
    [['a.jsonl', 'b.jsonl'], 'dataset'],
    [['dataset.json'], 'dataset'],
    [['config.json', 'tokenizer.json', 'model.safetensors'], 'model'],
    [['model-00001-of-00002.safetensors', 'model.safetensors.index.json'], 'model'],
    [['adapter_config.json', 'adapter_model.safetensors', 'README.md'], 'adapter'],
    [['support-chats-lora-r-16.zip'], 'adapter'],
    [['Adapter_Model.safetensors'], 'adapter'],
  ])('%j', (names, expected) => {
    expect(dropKind(names)).toBe(expected);
  });
});
