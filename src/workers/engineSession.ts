/**
 * What the engine worker does for the page: one device, one model, one job at a time. A call that does not fit the state
 * is refused with a problem that names both.
 */
import { openDevice, probeDevices, type Device } from '../engine/device.ts';
import { gpuBytes, tensorCount } from '../engine/memory.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import { refuseFaultyDevice } from '../engine/selfCheck/selfCheck.ts';
import { threadedWasmFiles, wasmFiles } from '../engine/wasmFiles.ts';
import { ProblemError, type Problem } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { removePath } from '../storage/fileStore.ts';
import { adapterFolder } from '../storage/paths.ts';
import { exportAdapter, importAdapter } from './adapterExchange.ts';
import { generateTexts } from './generateTexts.ts';
import { tuneAdapter } from './keptTuning.ts';
import { exportMerged } from './mergedExport.ts';
import { disposeModel, loadModel, type LoadedModel } from './loadedModel.ts';
import type { RequestLog } from './modelFiles.ts';
import { AbortedError } from './rpc.ts';
import { prove } from './prove.ts';
import { makeRunControl, type SteeredRun } from './runControl.ts';
import { profileStep } from './profileStep.ts';
import type { DeviceView, EngineApi, EngineEvent } from './protocol.ts';
import { forgetRunFiles, runTraining } from './runTraining.ts';
import { makeTunedShelf, type TunedShelf } from './tunedShelf.ts';
import { unlessAborted } from './unlessAborted.ts';

/** A fresh session; one worker holds one. */
export function makeEngineSession(emit: (event: EngineEvent) => void): EngineApi {
  let device: Device | undefined;
  let model: LoadedModel | undefined;
  let shelf: TunedShelf | undefined;
  let live: SteeredRun | undefined;
  let busyWith: string | undefined;
  let checked: { device: Device; kernels: readonly OpVerdict[] } | undefined;

  const needDevice = (): Device => {
    if (device === undefined) {
      throw new ProblemError({ code: 'no-device', message: 'No device is open.', fix: 'Reload the page.' });
    }
    return device;
  };
  const needModel = (): { model: LoadedModel; shelf: TunedShelf } => {
    if (model === undefined || shelf === undefined) {
      throw new ProblemError({
        code: 'no-model',
        message: 'No model is loaded.',
        fix: 'Load the starter model or your own under Model.',
      });
    }
    return { model, shelf };
  };
  /** The device does one thing at a time; a GPU error that nobody awaited fails the work that met it. */
  const alone = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (busyWith !== undefined) {
      throw new ProblemError({
        code: 'engine-busy',
        message: `The engine is busy ${busyWith}; it cannot start ${what} now.`,
        fix: 'Wait until it is done, or stop it.',
      });
    }
    busyWith = what;
    try {
      const result = await work();
      const problem = device?.problem();
      if (problem !== undefined) throw new ProblemError(problem);
      return result;
    } catch (error) {
      const found = await deviceProblem(device, error);
      if (found === undefined) throw error;
      // The same problem as the work tells it has more in it, e.g. the step of a run.
      const isTold = error instanceof ProblemError && error.problem.code === found.code;
      const problem = isTold ? error.problem : found;
      // A device that failed once goes on with wrong values: the page starts a fresh one.
      setTimeout(() => emit({ kind: 'deviceLost', problem }), 0);
      throw new ProblemError(problem, { cause: error });
    } finally {
      busyWith = undefined;
    }
  };

  /** Checks the kernels once per device; throws where one computes wrongly, and what the job is aborted with. */
  const soundKernels = async (current: Device, job: Job): Promise<readonly OpVerdict[]> => {
    if (checked?.device !== current) {
      checked = { device: current, kernels: await refuseFaultyDevice(current.name, job) };
    }
    return checked.kernels;
  };

  return {
    probe: () => probeDevices(),

    open: async ({ kind }) => {
      device?.close();
      const opened = await openDevice(kind, { wasmPaths: wasmFiles, threadedWasm: threadedWasmFiles });
      if (opened.kind === 'webgpu' && !opened.isSoftware) {
        await tuneAdapter({ name: opened.name, features: opened.features, browser: navigator.userAgent });
      }
      device = opened;
      void opened.lost.then(() => {
        const problem = opened.problem();
        if (device === opened && problem !== undefined) emit({ kind: 'deviceLost', problem });
      });
      return deviceView(opened, kind);
    },

    loadModel: ({ source, precision = 'auto' }, job) =>
      alone('loading a model', async () => {
        needDevice();
        const log = (request: Parameters<RequestLog>[0]): void => emit({ kind: 'request', ...request });
        const loaded = await loadModel(source, job, log, precision);
        shelf?.dispose();
        if (model !== undefined) disposeModel(model);
        model = loaded;
        shelf = makeTunedShelf(loaded);
        return loaded.view;
      }),

    startRun: (request) =>
      alone('training', async () => {
        const loaded = needModel();
        if (loaded.model.view.id !== request.modelId) {
          throw new ProblemError({
            code: 'other-model',
            message: `The run needs another model than the loaded "${loaded.model.view.name}".`,
            fix: 'Load the model the run was started with.',
          });
        }
        loaded.shelf.drop(request.runId);
        live = makeRunControl(request.runId);
        try {
          const { runId } = request;
          const job: Job = {
            signal: live.stop,
            onProgress: ({ done, total = done }) =>
              emit({ kind: 'phase', runId, phase: 'checking', done, total }),
          };
          const kernels = await unlessAborted(job, () => soundKernels(needDevice(), job));
          if (kernels !== undefined) emit({ kind: 'deviceChecked', runId, kernels });
          return await runTraining(request, loaded.model, needDevice(), emit, live);
        } finally {
          live = undefined;
        }
      }),

    pauseRun: async ({ runId }) => steer(live, runId).pause(),
    resumeRun: async ({ runId }) => steer(live, runId).resume(),
    stopRun: async ({ runId }) => steer(live, runId).end(),

    generate: ({ tuned, jobId, ...request }, job) =>
      alone('answering', async () => {
        const { model: current, shelf: tunedOnes } = needModel();
        const pass = await tunedOnes.passFor(tuned);
        const endIds = current.view.generation?.endIds;
        const full = endIds === undefined ? request : { ...request, endIds };
        return generateTexts(pass, current.tokenizer, full, job, (index, text) =>
          emit({ kind: 'tokens', jobId, index, text }),
        );
      }),

    exportAdapter: (request, job) =>
      alone('writing the adapter', async () => {
        const { model: current, shelf: tunedOnes } = needModel();
        return exportAdapter(request, current, tunedOnes, job);
      }),

    exportMerged: (request, job) =>
      alone('writing the merged model', async () => {
        const { model: current, shelf: tunedOnes } = needModel();
        return exportMerged(request, current, tunedOnes, job);
      }),

    importAdapter: ({ id, files }) =>
      alone('reading an adapter', async () => importAdapter(id, files, needModel().model)),

    forgetRun: ({ runId }) =>
      alone('deleting a run', async () => {
        shelf?.drop(runId);
        await forgetRunFiles(runId);
        await removePath(adapterFolder(runId));
      }),

    prove: ({ seed, vectors }, job) =>
      alone('the proof', async () =>
        prove(needDevice(), needModel().model, { seed, vectors }, job, (line) =>
          emit({ kind: 'proofLine', line }),
        ),
      ),

    profileStep: () => alone('profiling a step', async () => profileStep(needModel().model)),

    memory: async () => ({ gpuBytes: gpuBytes(), tensorCount: tensorCount() }),
  };
}

/** How long a lost device may take to say so after the first call on it failed. */
const LOSS_GRACE_MS = 5_000;

/** What is wrong with the device. An error without words may be its loss, which is reported a little later. */
async function deviceProblem(device: Device | undefined, error: unknown): Promise<Problem | undefined> {
  const isExplained = error instanceof ProblemError || error instanceof AbortedError;
  if (device !== undefined && device.problem() === undefined && !isExplained) {
    const grace = new Promise((resolve) => setTimeout(resolve, LOSS_GRACE_MS));
    await Promise.race([device.lost, grace]);
  }
  return device?.problem();
}

function steer(live: SteeredRun | undefined, runId: string): SteeredRun {
  if (live?.runId !== runId) {
    throw new ProblemError({
      code: 'not-running',
      message: 'This run is not training now.',
      fix: 'Start or resume it first.',
    });
  }
  return live;
}

function deviceView(device: Device, kind: DeviceView['kind']): DeviceView {
  return {
    kind,
    name: device.name,
    isSoftware: device.isSoftware,
    features: device.features,
    maxBufferBytes: device.limits.maxBufferBytes,
  };
}
