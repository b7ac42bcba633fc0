import { useSettings } from '../state/settings.ts';
import { DeviceSheet } from './frame/DeviceSheet.tsx';
import { DropTarget } from './frame/DropTarget.tsx';
import { ErrorBoundary } from './frame/ErrorBoundary.tsx';
import { ProofSheet } from './frame/ProofSheet.tsx';
import { Rail } from './frame/Rail.tsx';
import { RequestsSheet } from './frame/RequestsSheet.tsx';
import { RunsSheet } from './frame/RunsSheet.tsx';
import { TopBar } from './frame/TopBar.tsx';
import { useTheme } from './frame/useTheme.ts';
import { useTopOfScreen } from './frame/useTopOfScreen.ts';
import { ComparePanel } from './panels/compare/ComparePanel.tsx';
import { DataPanel } from './panels/data/DataPanel.tsx';
import { ExportPanel } from './panels/export/ExportPanel.tsx';
import { ModelPanel } from './panels/model/ModelPanel.tsx';
import { TrainPanel } from './panels/train/TrainPanel.tsx';

/** The page: rail, bar, one stop at a time, sheets over it. */
export function App() {
  useTheme();
  const stop = useSettings((state) => state.stop);
  useTopOfScreen(stop);
  return (
    <div className="app">
      <Rail />
      <TopBar />
      <main>
        <div className="view">
          <ErrorBoundary key={stop}>
            {stop === 'data' ? <DataPanel /> : null}
            {stop === 'model' ? <ModelPanel /> : null}
            {stop === 'train' ? <TrainPanel /> : null}
            {stop === 'compare' ? <ComparePanel /> : null}
            {stop === 'export' ? <ExportPanel /> : null}
          </ErrorBoundary>
        </div>
      </main>
      <RunsSheet />
      <DeviceSheet />
      <RequestsSheet />
      <ProofSheet />
      <DropTarget />
    </div>
  );
}
