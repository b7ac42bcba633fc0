import type { T5Config } from '../../../engine/t5/config.ts';
import { formatBytes, formatCount, formatShare } from '../../../lib/format.ts';
import { trainableFacts } from '../../../state/runFacts.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import { LoraDrawing } from './LoraDrawing.tsx';

/** Where the number of trainable parameters comes from: r · in + out · r, for each size of matrix. */
export function TrainableFormula({ model, config }: { model: T5Config; config: RunConfig }) {
  const { trainable, total, matrixCount, groups } = trainableFacts(model, config);
  const { r } = config.lora;
  const first = groups[0];
  return (
    <div className="lora">
      {first === undefined ? null : <LoraDrawing r={r} inSize={first.inSize} outSize={first.outSize} />}
      <div className="formula">
        <p>
          <span>one matrix</span> r · in + out · r
        </p>
        {groups.map(({ inSize, outSize, count, modules }) => (
          <p key={`${inSize} ${outSize}`}>
            <span>{modules.join(', ')}</span> {formatCount(r)} · {formatCount(inSize)} +{' '}
            {formatCount(outSize)} · {formatCount(r)} = {formatCount(r * (inSize + outSize))}{' '}
            <span>× {count}</span>
          </p>
        ))}
        <p aria-live="polite">
          <b>{formatCount(trainable)}</b> trainable parameters{' '}
          <span>
            on {matrixCount} matrices, {formatShare(trainable / total)} of the model,{' '}
            {formatBytes(4 * trainable)} to share
          </span>
        </p>
      </div>
    </div>
  );
}
