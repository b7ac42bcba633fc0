import { setLossScale, setSmoothing, useSettings } from '../../../state/settings.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { tracksPng } from '../../charts/tracksPng.ts';
import { trainerState } from '../../../training/trainerState.ts';
import { Button } from '../../components/Button.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Slider } from '../../components/Slider.tsx';
import { saveFile } from '../export/saveFile.ts';
import { curveCsv } from './curveCsv.ts';

interface ChartControlsProps {
  run: RunRecord;
  unit: 'step' | 'epoch';
  onUnit: (unit: 'step' | 'epoch') => void;
}

/** How the curves are drawn, and the curves as a file. */
export function ChartControls({ run, unit, onUnit }: ChartControlsProps) {
  const { smoothing, lossScale } = useSettings();
  return (
    <div className="chart-controls">
      <Segmented
        label="Loss scale"
        value={lossScale}
        options={[
          { value: 'linear', label: 'Linear' },
          { value: 'log', label: 'Log' },
        ]}
        onChange={setLossScale}
      />
      <Segmented
        label="Axis"
        value={unit}
        options={[
          { value: 'step', label: 'Step' },
          { value: 'epoch', label: 'Epoch' },
        ]}
        onChange={onUnit}
      />
      <Slider
        label="Smoothing"
        value={smoothing}
        min={0}
        max={0.99}
        step={0.01}
        format={(value) => value.toFixed(2)}
        onChange={setSmoothing}
      />
      <Button
        variant="quiet"
        size="sm"
        disabled={run.steps.length === 0}
        onClick={() => {
          saveFile(`${run.name}.csv`, curveCsv(run), 'text/csv');
        }}
      >
        Download CSV
      </Button>
      <Button
        variant="quiet"
        size="sm"
        disabled={run.steps.length === 0}
        title="The run as transformers’ Trainer records it"
        onClick={() => {
          saveFile(
            'trainer_state.json',
            `${JSON.stringify(trainerState(run), null, 2)}\n`,
            'application/json',
          );
        }}
      >
        trainer_state.json
      </Button>
      <Button
        variant="quiet"
        size="sm"
        disabled={run.steps.length === 0}
        onClick={() => {
          const tracks = document.querySelector<HTMLElement>('.tracks');
          if (tracks === null) return;
          void tracksPng(tracks, run.name).then((picture) => {
            saveFile(`${run.name}.png`, picture, 'image/png');
          });
        }}
      >
        Download PNG
      </Button>
    </div>
  );
}
