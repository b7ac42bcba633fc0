/** The page that the runner opens: Graft's engine and every case, called one after the other. */
import { openDevice, type Device } from '../../src/engine/device.ts';
import { wasmFiles } from '../../src/engine/wasmFiles.ts';
import { openFolder } from '../lib/folder.ts';
import type { Line, ParityCase, ParityContext } from '../lib/parityCase.ts';

declare global {
  /** Given by the runner: takes the lines of a case as they come. */
  var reportLine: (line: Line) => Promise<void>;
  var openParityDevice: (backend: 'webgpu' | 'wasm') => Promise<string>;
  var runParityCase: (name: string, address: string, context: ParityContext) => Promise<void>;
}

const modules = import.meta.glob<{ default: ParityCase }>('../cases/*.case.ts', { eager: true });
const cases = new Map(
  Object.entries(modules).map(([path, module]) => [
    path.replace(/^.*\/(\w+)\.case\.ts$/, '$1'),
    module.default,
  ]),
);

let device: Device | null = null;

globalThis.openParityDevice = async (backend) => {
  device?.close();
  device = await openDevice(backend, { wasmPaths: wasmFiles });
  return device.name;
};

globalThis.runParityCase = async (name, address, context) => {
  const parityCase = cases.get(name);
  if (parityCase === undefined) throw new Error(`There is no case "${name}" in the page.`);
  for await (const line of parityCase.run(openFolder(address), context)) await globalThis.reportLine(line);
  const problem = device?.problem();
  if (problem !== undefined) throw new Error(problem.message);
};

/** Read by the runner: which cases there are, and which compute on the device. */
Object.assign(globalThis, {
  parityCases: [...cases].map(([name, { usesDevice }]) => ({ name, usesDevice })),
});
