/** Which kernels a test compiles. */
import * as tf from '@tensorflow/tfjs';

/**
 * Labels of all pipelines that the present WebGPU device makes from now on, and whether the last one of a label was made ahead of
 * its use or at it.
 */
export function watchPipelines(): ReadonlyMap<string, 'ahead' | 'at use'> {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const made = new Map<string, 'ahead' | 'at use'>();
  const make = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    made.set(descriptor.label ?? 'no label', 'at use');
    return make(descriptor);
  };
  const makeAhead = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = (descriptor) => {
    made.set(descriptor.label ?? 'no label', 'ahead');
    return makeAhead(descriptor);
  };
  return made;
}
