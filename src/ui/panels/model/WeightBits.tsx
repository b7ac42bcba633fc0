import type { WeightPrecision } from '../../../engine/weights.ts';
import { PRECISIONS, setPrecision, useModels } from '../../../state/models.ts';
import { Segmented } from '../../components/Segmented.tsx';

const LABELS: Readonly<Record<WeightPrecision, string>> = { auto: 'Auto', f32: '32', f16: '16', i8: '8' };

/** In how many bits a GPU keeps the matrices that are not trained. */
export function WeightBits() {
  const precision = useModels((state) => state.precision);
  return (
    <div className="weight-bits">
      <Segmented
        label="Bits of frozen weights"
        value={precision}
        options={PRECISIONS.map((value) => ({ value, label: LABELS[value] }))}
        onChange={(chosen) => void setPrecision(chosen)}
      />
      <small>
        Bits of frozen weights on a GPU, for models loaded from now on. Auto takes 16 where that loses
        nothing; 8 rounds every weight and needs a quarter of the memory.
      </small>
    </div>
  );
}
