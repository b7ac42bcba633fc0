/** The lines that load what was exported, for transformers and peft. */
import { fileNameOf } from '../../../lib/fileName.ts';
import type { AdapterView } from '../../../workers/protocol.ts';

/** Python text. `modelName` is the Hugging Face name or a folder; `fileName` the downloaded zip, unpacked beside it. */
export function pythonLines(view: AdapterView, modelName: string, fileName?: string): string {
  const folder = JSON.stringify((fileName ?? fileNameOf(view.name)).replace(/\.zip$/, ''));
  if (view.method === 'full') {
    return [
      'from transformers import AutoModelForSeq2SeqLM, AutoTokenizer',
      '',
      `model = AutoModelForSeq2SeqLM.from_pretrained(${folder})`,
      `tokenizer = AutoTokenizer.from_pretrained(${folder})`,
    ].join('\n');
  }
  return [
    'from peft import PeftModel',
    'from transformers import AutoModelForSeq2SeqLM',
    '',
    ...(modelName.includes('/') ? [] : ['# the folder that holds the base model']),
    `base = AutoModelForSeq2SeqLM.from_pretrained(${JSON.stringify(modelName)})`,
    `model = PeftModel.from_pretrained(base, ${folder})`,
  ].join('\n');
}
