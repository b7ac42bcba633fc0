import { chooseAdapter, chosenAdapter, setStrength, useAdapters } from '../../../state/adapters.ts';
import { SelectField } from '../../components/SelectField.tsx';
import { Slider } from '../../components/Slider.tsx';

/** Which adapter answers in the tuned row, and how strongly. */
export function AdapterChooser() {
  const { adapters, strength } = useAdapters();
  const chosen = useAdapters(chosenAdapter);
  if (chosen === undefined) return null;
  return (
    <div className="compare-group">
      <SelectField
        label="Adapter"
        value={chosen.id}
        options={adapters.map(({ id, view }) => ({ value: id, label: view.name }))}
        onChange={chooseAdapter}
      />
      {chosen.view.method === 'lora' ? (
        <>
          <Slider
            label="Adapter strength"
            value={strength}
            min={0}
            max={1.5}
            step={0.05}
            format={(value) => `${Math.round(100 * value)} %`}
            onChange={setStrength}
          />
          <p>0 % is the base model again, 150 % exaggerates what was learned.</p>
        </>
      ) : null}
    </div>
  );
}
