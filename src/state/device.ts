/** Which device computes, and how it is doing. */
import { create } from 'zustand';
import type { DeviceReport } from '../engine/device.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import { loadSetting, saveSetting } from '../storage/records.ts';
import { engine } from '../workers/engineClient.ts';
import type { BackendKind, DeviceView } from '../workers/protocol.ts';

export interface DeviceState {
  status: 'idle' | 'probing' | 'opening' | 'ready' | 'failed' | 'lost';
  report?: DeviceReport | undefined;
  device?: DeviceView | undefined;
  /** Bytes held for us by the device. */
  gpuBytes: number;
  problem?: Problem | undefined;
}

export const useDevice = create<DeviceState>(() => ({ status: 'idle', gpuBytes: 0 }));

let opening: Promise<DeviceView> | undefined;

/** The device, opened on first need: the person's choice, else hardware WebGPU, else WASM. */
export function ensureDevice(): Promise<DeviceView> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    useDevice.setState({ status: 'failed', problem: toProblem(error) });
    throw error;
  });
  return opening;
}

async function open(): Promise<DeviceView> {
  useDevice.setState({ status: 'probing', problem: undefined });
  const report = await engine().call('probe', {});
  useDevice.setState({ status: 'opening', report });
  const kind = (await chosenBackend()) ?? defaultBackend(report);
  const usable = kind === 'webgpu' && !canUseWebgpu(report) ? 'wasm' : kind;
  const device = await engine().call('open', { kind: usable });
  useDevice.setState({ status: 'ready', device });
  return device;
}

/** What the person chose: `?backend=webgpu` or `?backend=wasm` for this visit, else the remembered choice. */
async function chosenBackend(): Promise<BackendKind | undefined> {
  const asked = new URLSearchParams(location.search).get('backend');
  return [asked, await loadSetting('backend')].find((kind) => kind === 'webgpu' || kind === 'wasm');
}

/** Whether WebGPU can be chosen at all here. */
export function canUseWebgpu(report: DeviceReport): boolean {
  return report.webgpu === 'hardware' || report.webgpu === 'software';
}

/** Hardware WebGPU where there is some; a software adapter is far slower than WASM, so WASM then. */
export function defaultBackend(report: DeviceReport): BackendKind {
  return report.webgpu === 'hardware' ? 'webgpu' : 'wasm';
}

/** Remembers a choice; the page is opened anew to start the engine on it with nothing left over. */
export async function chooseBackend(kind: BackendKind): Promise<void> {
  await saveSetting('backend', kind);
  const address = new URL(location.href);
  address.searchParams.delete('backend');
  location.replace(address);
}

/** Asks the engine how much memory it holds. */
export async function refreshMemory(): Promise<void> {
  const { gpuBytes } = await engine().call('memory', {});
  useDevice.setState({ gpuBytes });
}

/** Called when the device was lost or the engine restarted: the next need opens a device anew. */
export function forgetDevice(problem?: Problem): void {
  opening = undefined;
  useDevice.setState({
    status: problem === undefined ? 'idle' : 'lost',
    device: undefined,
    problem,
    gpuBytes: 0,
  });
}
