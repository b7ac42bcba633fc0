/** README.md of an adapter folder, with the front matter that the hub reads. */
import { targetNames, type AdapterPlan } from '../engine/adapters/adapterPlan.ts';

interface CardFacts {
  readonly baseModelName: string;
  readonly name: string;
  /** What was tried on the device that trained it, a sentence each. */
  readonly checks: readonly string[];
}

/** Markdown text. */
export function peftModelCard(plan: AdapterPlan, { baseModelName, name, checks }: CardFacts): string {
  const facts = planFacts(plan);
  return `---
base_model: ${JSON.stringify(baseModelName)}
library_name: peft
pipeline_tag: text2text-generation
tags:
- base_model:adapter:${baseModelName}
- ${plan.kind === 'lora' ? 'lora' : plan.kind}
- transformers
---

# ${name}

${methodName(plan)} for \`${baseModelName}\`, trained in the browser with Graft.

| ${facts.map(([label]) => label).join(' | ')} |
| ${facts.map(() => '---').join(' | ')} |
| ${facts.map(([, value]) => value).join(' | ')} |

\`\`\`python
from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM

model = AutoModelForSeq2SeqLM.from_pretrained(${JSON.stringify(baseModelName)})
model = PeftModel.from_pretrained(model, "path/to/this/folder")
\`\`\`

${checks.length === 0 ? '' : `### Tried on the device\n\n${checks.map((check) => `- ${check}\n`).join('')}\n`}### Framework versions

- PEFT 0.10.0
`;
}

function methodName(plan: AdapterPlan): string {
  if (plan.kind === 'lora') return plan.usesDora ? 'A DoRA adapter' : 'A LoRA adapter';
  return plan.kind === 'ia3' ? 'An IA³ adapter' : 'A learned prompt';
}

function planFacts(plan: AdapterPlan): [string, string][] {
  if (plan.kind === 'prompt-tuning') return [['virtual tokens', String(plan.tokenCount)]];
  const facts: [string, string][] = [['targets', targetNames(plan).join(', ')]];
  if (plan.saved.names.length > 0) facts.push(['trained in full', plan.saved.names.join(', ')]);
  if (plan.kind === 'ia3') return facts;
  const scale = plan.isRankStabilised ? 'alpha / √r' : 'alpha / r';
  const numbers: [string, string][] = [
    ['r', String(plan.r)],
    ['alpha', String(plan.alpha)],
    ['dropout', String(plan.dropout)],
    ['scale', scale],
  ];
  return [...numbers, ...facts];
}
