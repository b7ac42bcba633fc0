import { describe, expect, it } from 'vitest';
import { fileNameOf } from './fileName.ts';

describe('file names', () => {
  it.each([
    ['Support chats, LoRA r 16, step 100', 'support-chats-lora-r-16-step-100'],
    ['../../etc/passwd', 'etc-passwd'],
    ['日本語', 'adapter'],
  ])('%j', (name, expected) => {
    expect(fileNameOf(name)).toBe(expected);
  });
});
