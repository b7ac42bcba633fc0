import type { T5Config } from '../../../engine/t5/config.ts';
import { formatBytes, formatCount, formatShare } from '../../../lib/format.ts';
import { trainableFacts } from '../../../state/runFacts.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import { LoraDrawing } from './LoraDrawing.tsx';

const formulas = {
  lora: ['one matrix', 'r · in + out · r'],
  ia3: ['one layer', 'one factor for each feature'],
  'prompt-tuning': ['the prompt', 'virtual tokens · width of the model'],
  full: ['the model', 'every weight'],
} as const;

/** Where the number of trainable parameters comes from; for LoRA r · in + out · r, for each size of matrix. */
export function TrainableFormula({ model, config }: { model: T5Config; config: RunConfig }) {
  const { trainable, total, matrixCount, groups } = trainableFacts(model, config);
  const { r, usesDora } = config.lora;
  const first = groups[0];
  return (
    <div className="lora">
      {first === undefined ? null : <LoraDrawing r={r} inSize={first.inSize} outSize={first.outSize} />}
      <div className="formula">
        <p>
          <span>{formulas[config.method][0]}</span> {formulas[config.method][1]}
          {config.method === 'lora' && usesDora ? ' + out' : ''}
        </p>
        {groups.map(({ inSize, outSize, count, modules }) => (
          <p key={`${inSize} ${outSize}`}>
            <span>{modules.join(', ')}</span> {formatCount(r)} · {formatCount(inSize)} +{' '}
            {formatCount(outSize)} · {formatCount(r)}
            {usesDora ? ` + ${formatCount(outSize)}` : ''} ={' '}
            {formatCount(r * (inSize + outSize) + (usesDora ? outSize : 0))} <span>× {count}</span>
          </p>
        ))}
        <p aria-live="polite">
          <b>{formatCount(trainable)}</b> trainable parameters{' '}
          <span>
            {matrixCount === 0 ? '' : `on ${matrixCount} matrices, `}
            {formatShare(trainable / total)} of the model, {formatBytes(4 * trainable)} to share
          </span>
        </p>
      </div>
    </div>
  );
}
