import type { T5Config } from '../../../engine/t5/config.ts';
import { formatCount } from '../../../lib/format.ts';
import { methodCounts } from '../../../state/runFacts.ts';
import { changeConfig } from '../../../state/runSetup.ts';
import type { RunConfig } from '../../../training/runConfig.ts';

const methods = [
  {
    id: 'lora',
    name: 'LoRA',
    sentence: 'Adds two thin matrices beside chosen weights and trains only those.',
  },
  { id: 'ia3', name: 'IA³', sentence: 'Learns one factor per feature of chosen layers; the smallest files.' },
  {
    id: 'prompt-tuning',
    name: 'Prompt tuning',
    sentence: 'Learns vectors that stand before every input; the model itself stays as it is.',
  },
  { id: 'full', name: 'Full', sentence: 'Trains every weight; most power, most memory, easiest to overfit.' },
] as const;

/** What is trained: an adapter or everything, with the number of parameters each would change. */
export function MethodChoice({ config, model }: { config: RunConfig; model: T5Config | undefined }) {
  const counts = model === undefined ? undefined : methodCounts(model, config);
  return (
    <div role="radiogroup" aria-label="Method" className="methods">
      {methods.map(({ id, name, sentence }) => {
        const count = counts?.[id];
        const share = counts === undefined ? 0 : counts[id] / counts.full;
        return (
          <label key={id} className={config.method === id ? 'method method-chosen' : 'method'}>
            <input
              type="radio"
              name="method"
              checked={config.method === id}
              aria-labelledby={`method-${id}`}
              aria-describedby={`method-${id}-sentence`}
              onChange={() => {
                changeConfig({ method: id });
              }}
            />
            <b id={`method-${id}`}>{name}</b>
            <span id={`method-${id}-sentence`}>{sentence}</span>
            <span className="num">{count === undefined ? '' : formatCount(count)}</span>
            {counts === undefined ? null : (
              <span className="method-share" aria-hidden="true">
                <i style={{ width: `${100 * share}%` }} />
              </span>
            )}
          </label>
        );
      })}
    </div>
  );
}
