/**
 * Times every dispatch of a device by timestamp queries, Graft's kernels and tfjs's own alike: while it watches, each
 * dispatch gets a compute pass of its own, with a timestamp before and after. Nothing else about the work changes, but
 * passes cost time: the sum of the kernels says where time goes, not how long the work takes unwatched.
 * Browsers round timestamps to 0.1 ms, so the times of small kernels are right only as sums of many calls.
 */
import { submitRecorded } from '../runtime.ts';
import { backend } from '../tfjsBackend.ts';
import type { KernelCall } from './kernelTimes.ts';

/** Timestamps in one query set, two per dispatch; WebGPU allows 4096. */
const queriesPerSet = 4096;

/** A watch on the present device. */
export interface GpuTimeline {
  /** Ends the watch and reads the times; in order of the dispatches. */
  end(): Promise<KernelCall[]>;
}

/** Begins to watch; the device must have `timestamp-query`. */
export function watchGpu(): GpuTimeline {
  submitRecorded(); // what was recorded before belongs to somebody else
  const { device, pipelineCache } = backend() as unknown as {
    device: GPUDevice;
    pipelineCache: Record<string, GPUComputePipeline>;
  };
  const names: string[] = [];
  const sets: GPUQuerySet[] = [];

  const nextTimestamps = (name: string): GPUComputePassTimestampWrites => {
    const index = (2 * names.length) % queriesPerSet;
    if (index === 0) sets.push(device.createQuerySet({ type: 'timestamp', count: queriesPerSet }));
    names.push(name);
    return {
      querySet: sets.at(-1)!,
      beginningOfPassWriteIndex: index,
      endOfPassWriteIndex: index + 1,
    };
  };
  const nameOf = (pipeline: GPUComputePipeline): string => {
    const stock = Object.keys(pipelineCache).find((key) => pipelineCache[key] === pipeline);
    return stock === undefined ? pipeline.label : `tfjs ${stock.split(/[_;]/, 1)[0]!}`;
  };

  const createEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createEncoder(descriptor);
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = () =>
      passPerDispatch((name) => begin({ timestampWrites: nextTimestamps(name) }), nameOf);
    return encoder;
  };
  return {
    async end() {
      submitRecorded();
      device.createCommandEncoder = createEncoder;
      const times = await Promise.all(sets.map((set) => readSet(device, set)));
      return names.map((name, i) => {
        const at = (2 * i) % queriesPerSet;
        const stamps = times[Math.floor((2 * i) / queriesPerSet)]!;
        return { name, ms: Number(stamps[at + 1]! - stamps[at]!) / 1e6 };
      });
    },
  };
}

/** Stands for a compute pass: every dispatch becomes a pass that holds only itself. */
function passPerDispatch(
  begin: (name: string) => GPUComputePassEncoder,
  nameOf: (pipeline: GPUComputePipeline) => string,
): GPUComputePassEncoder {
  let pipeline: GPUComputePipeline | undefined;
  const groups = new Map<number, GPUBindGroup>();
  const stand = {
    setPipeline(given: GPUComputePipeline) {
      pipeline = given;
    },
    setBindGroup(index: number, group: GPUBindGroup) {
      groups.set(index, group);
    },
    dispatchWorkgroups(x: number, y?: number, z?: number) {
      const pass = begin(nameOf(pipeline!));
      pass.setPipeline(pipeline!);
      for (const [index, group] of groups) pass.setBindGroup(index, group);
      pass.dispatchWorkgroups(x, y, z);
      pass.end();
    },
    end() {},
  };
  return stand as unknown as GPUComputePassEncoder;
}

/** All timestamps of a set in nanoseconds; the set is destroyed. */
async function readSet(device: GPUDevice, set: GPUQuerySet): Promise<BigUint64Array> {
  const size = 8 * set.count;
  const resolved = device.createBuffer({
    size,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(set, 0, set.count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const buffer of [resolved, staging]) buffer.destroy();
  set.destroy();
  return stamps;
}
