import { formatBytes } from '../../lib/format.ts';
import { useDevice, type DeviceState } from '../../state/device.ts';
import { useRequests } from '../../state/requests.ts';
import { shownRun, useRuns } from '../../state/runs.ts';
import { openSheet, setTheme, useSettings, type Theme } from '../../state/settings.ts';
import { Icon } from '../components/Icon.tsx';

const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

/** Run, device, memory, bytes sent, theme. */
export function TopBar() {
  const run = useRuns(shownRun);
  const device = useDevice();
  const bytesUp = useRequests((state) => state.bytesUp);
  const theme = useSettings((state) => state.theme);
  return (
    <header className="bar">
      <span className="run-name">{run?.name ?? 'No run yet'}</span>
      <button
        type="button"
        onClick={() => {
          openSheet('device');
        }}
        aria-label={`Device: ${deviceText(device)}`}
      >
        <Icon name="chip" />
        <span className="clip">{deviceText(device)}</span>
      </button>
      {device.gpuBytes === 0 ? null : <span className="opt">{formatBytes(device.gpuBytes)} in use</span>}
      <button
        type="button"
        onClick={() => {
          openSheet('requests');
        }}
        aria-label={`${formatBytes(bytesUp)} sent`}
      >
        <Icon name="lock" />
        <span className="opt">{formatBytes(bytesUp)} sent</span>
      </button>
      <button
        type="button"
        className="iconbtn narrow-only"
        aria-label="All runs"
        onClick={() => {
          openSheet('runs');
        }}
      >
        <Icon name="list" />
      </button>
      <button
        type="button"
        className="iconbtn"
        aria-label={`Theme: ${theme}`}
        title={`Theme: ${theme}`}
        onClick={() => {
          setTheme(NEXT_THEME[theme]);
        }}
      >
        <Icon name="half" />
      </button>
    </header>
  );
}

/** The device in a few words, honest about speed. */
export function deviceText({ status, device }: DeviceState): string {
  if (device === undefined) {
    return {
      idle: 'starting',
      probing: 'looking',
      opening: 'opening',
      ready: 'ready',
      failed: 'none',
      lost: 'lost',
    }[status];
  }
  if (device.kind === 'wasm') return 'WASM (CPU), slow';
  return `WebGPU, ${device.name}${device.isSoftware ? ' (software), slow' : ''}`;
}
