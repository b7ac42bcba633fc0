/** The most GPU memory a piece of work holds: the high-water mark of tfjs's buffers, free ones included, not a sample. */
import * as tf from '@tensorflow/tfjs';

/** What tfjs's own buffer manager and Graft's pool have in common. */
interface Buffers {
  readonly numBytesAllocated: number;
  acquireBuffer(...request: unknown[]): unknown;
}

/**
 * Watches the present backend until the returned function is called, which gives the bytes at the highest point. On WebGPU
 * memory only grows where a buffer is acquired, so every one of these is looked at; elsewhere every new tensor.
 */
export function watchPeakBytes(): () => number {
  return tf.getBackend() === 'webgpu' ? watchBuffers() : watchTensors();
}

function watchBuffers(): () => number {
  const buffers = (tf.backend() as unknown as { bufferManager: Buffers }).bufferManager;
  let highest = buffers.numBytesAllocated;
  const acquire = buffers.acquireBuffer.bind(buffers);
  buffers.acquireBuffer = (...request) => {
    const buffer = acquire(...request);
    highest = Math.max(highest, buffers.numBytesAllocated);
    return buffer;
  };
  return () => {
    buffers.acquireBuffer = acquire;
    return highest;
  };
}

function watchTensors(): () => number {
  const engine = tf.engine() as unknown as { trackTensor(tensor: tf.Tensor, backend: unknown): void };
  const track = engine.trackTensor.bind(engine);
  let highest = tf.memory().numBytes;
  engine.trackTensor = (tensor, backend) => {
    track(tensor, backend);
    highest = Math.max(highest, tf.memory().numBytes);
  };
  return () => {
    engine.trackTensor = track;
    return highest;
  };
}
