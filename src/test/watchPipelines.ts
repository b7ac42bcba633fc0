/** Which kernels a test compiles. */
import * as tf from '@tensorflow/tfjs';

/** Labels of all pipelines that the present WebGPU device makes from now on. */
export function watchPipelines(): ReadonlySet<string> {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  const labels = new Set<string>();
  const make = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    labels.add(descriptor.label ?? 'no label');
    return make(descriptor);
  };
  return labels;
}
