import { formatBytes } from '../../lib/format.ts';
import { canUseWebgpu, chooseBackend, useDevice } from '../../state/device.ts';
import { useRuns } from '../../state/runs.ts';
import { openSheet, useSettings } from '../../state/settings.ts';
import { isDeveloperVisit } from '../../state/stepProfile.ts';
import type { BackendKind } from '../../workers/protocol.ts';
import { NoticeStrip } from '../components/NoticeStrip.tsx';
import { ProblemStrip } from '../components/ProblemStrip.tsx';
import { Sheet } from '../components/Sheet.tsx';
import { SpecList } from '../components/SpecList.tsx';
import { StepProfile } from './StepProfile.tsx';

/** What computes here, why, and the choice between the two backends. */
export function DeviceSheet() {
  const isOpen = useSettings(({ sheet }) => sheet === 'device');
  const isTraining = useRuns(({ liveId }) => liveId !== undefined);
  const { report, device, problem, gpuBytes } = useDevice();
  const choose = (kind: BackendKind): void => {
    if (device?.kind !== kind) void chooseBackend(kind);
  };
  return (
    <Sheet
      open={isOpen}
      title="Device"
      onClose={() => {
        openSheet(null);
      }}
    >
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      {report?.problem === undefined ? null : (
        <NoticeStrip tone="warn">
          <p className="strip-text">
            {report.problem.message} <span className="strip-fix">{report.problem.fix}</span>
          </p>
        </NoticeStrip>
      )}
      <fieldset className="backends">
        <legend>Compute on</legend>
        <label>
          <input
            type="radio"
            name="backend"
            checked={device?.kind === 'webgpu'}
            disabled={isTraining || report === undefined || !canUseWebgpu(report)}
            onChange={() => {
              choose('webgpu');
            }}
          />
          <span>
            <b>WebGPU</b>
            <small>
              {report === undefined || report.adapterName === ''
                ? 'the graphics card, through the browser'
                : report.adapterName}
              {report?.webgpu === 'software' ? ', emulated on the processor: correct but slow' : ''}
            </small>
          </span>
        </label>
        <label>
          <input
            type="radio"
            name="backend"
            checked={device?.kind === 'wasm'}
            disabled={isTraining || report?.wasm !== true}
            onChange={() => {
              choose('wasm');
            }}
          />
          <span>
            <b>WASM (CPU), slow</b>
            <small>runs everywhere; far slower than a graphics card</small>
          </span>
        </label>
      </fieldset>
      <p className="faint">
        {isTraining
          ? 'It cannot be changed while a run is training.'
          : 'Changing it reloads the page; data, model and runs are kept.'}
      </p>
      {device === undefined ? null : (
        <>
          <h3>In use</h3>
          <SpecList
            items={[
              ['Device', device.name],
              ['Features', device.features.length === 0 ? 'none' : device.features.join(', ')],
              [
                'Largest buffer',
                Number.isFinite(device.maxBufferBytes) ? formatBytes(device.maxBufferBytes) : 'no limit',
              ],
              ['Memory held now', formatBytes(gpuBytes)],
            ]}
          />
          {isDeveloperVisit() ? <StepProfile /> : null}
        </>
      )}
    </Sheet>
  );
}
