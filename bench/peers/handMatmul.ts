/**
 * C = A·B written for one shape: sizes are constants of the text, nothing is checked or clamped, bindings are made once.
 * What a single product can be at best here; Graft's kernels, which take any shape, are held against the fastest of these.
 * Both kernels need M and N to be multiples of 64 and K of 16.
 */

/** How a product is cut. */
export type HandKernel = 'direct 8x8' | 'direct 8x8, K by 8' | 'tiled 64x64x16';

export const handKernels: readonly HandKernel[] = ['direct 8x8', 'direct 8x8, K by 8', 'tiled 64x64x16'];

/** A product ready to run. */
export interface HandMatmul {
  run(): Promise<void>;
  read(): Promise<Float32Array>;
  destroy(): void;
}

interface Size {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Compiles a kernel for one shape and uploads its operands. */
export function openHandMatmul(
  device: GPUDevice,
  kernel: HandKernel,
  { m, k, n }: Size,
  a: Float32Array,
  b: Float32Array,
): HandMatmul {
  const upload = (values: Float32Array): GPUBuffer => {
    const buffer = device.createBuffer({
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    return buffer;
  };
  const bytes = 4 * m * n;
  const c = device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const buffers = [c, upload(a), upload(b)];
  const code =
    kernel === 'tiled 64x64x16' ? tiledCode(k, n) : directCode(k, n, kernel === 'direct 8x8' ? 4 : 8);
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return {
    async run() {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(n / 64, m / 64);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
    async read() {
      const copy = device.createBuffer({
        size: bytes,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(c, 0, copy, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await copy.mapAsync(GPUMapMode.READ);
      const values = new Float32Array(copy.getMappedRange().slice(0));
      copy.destroy();
      return values;
    },
    destroy() {
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

const bindings = `
@group(0) @binding(0) var<storage, read_write> C: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> A: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> B: array<vec4<f32>>;
@compute @workgroup_size(8, 8)`;

const eight = [0, 1, 2, 3, 4, 5, 6, 7];

/** Each invocation keeps 8x8 elements in registers and reads A and B directly, `step` of K at a time. */
function directCode(k: number, n: number, step: 4 | 8): string {
  const k4 = k / 4;
  const n4 = n / 4;
  const lines = [
    'let row = id.y * 8u; let col = id.x * 2u;',
    ...eight.flatMap((r) => [`var c${r}_0 = vec4<f32>(0.0); var c${r}_1 = vec4<f32>(0.0);`]),
    `for (var k = 0u; k < ${k4}u; k += ${step / 4}u) {`,
  ];
  for (let part = 0; part < step / 4; part++) {
    lines.push(...eight.map((r) => `let a${part}_${r} = A[(row + ${r}u) * ${k4}u + k + ${part}u];`));
    for (let i = 0; i < 4; i++) {
      const b = `b${part}_${i}`;
      lines.push(`let ${b} = ((k + ${part}u) * 4u + ${i}u) * ${n4}u + col;`);
      lines.push(`let ${b}_0 = B[${b}]; let ${b}_1 = B[${b} + 1u];`);
      for (const r of eight) {
        const a = `a${part}_${r}.${'xyzw'[i]}`;
        lines.push(`c${r}_0 += ${a} * ${b}_0; c${r}_1 += ${a} * ${b}_1;`);
      }
    }
  }
  lines.push('}');
  for (const r of eight) {
    lines.push(`C[(row + ${r}u) * ${n4}u + col] = c${r}_0; C[(row + ${r}u) * ${n4}u + col + 1u] = c${r}_1;`);
  }
  return `${bindings} fn main(@builtin(global_invocation_id) id: vec3<u32>) {\n${lines.join('\n')}\n}`;
}

/** A workgroup stages 64x16 of A and 16x64 of B in its memory; each invocation computes 8x8 elements of C from them. */
function tiledCode(k: number, n: number): string {
  const k4 = k / 4;
  const n4 = n / 4;
  const lines = [
    'let row = group.y * 64u; let col = group.x * 16u; let lane = local.y * 8u + local.x;',
    ...eight.map((r) => `var c${r}_0 = vec4<f32>(0.0); var c${r}_1 = vec4<f32>(0.0);`),
    `for (var k = 0u; k < ${k4}u; k += 4u) {`,
    'workgroupBarrier();',
    // 256 vectors of each tile for 64 invocations; A's tile is 4 vectors wide, B's 16.
    'for (var i = lane; i < 256u; i += 64u) {',
    `  tileA[i] = A[(row + i / 4u) * ${k4}u + k + i % 4u];`,
    `  tileB[i] = B[(k * 4u + i / 16u) * ${n4}u + col + i % 16u];`,
    '}',
    'workgroupBarrier();',
    'for (var j = 0u; j < 4u; j++) {',
    ...eight.map((r) => `  let a${r} = tileA[(local.y * 8u + ${r}u) * 4u + j];`),
    ...[0, 1, 2, 3].flatMap((i) => [
      `  let b${i}_0 = tileB[(j * 4u + ${i}u) * 16u + local.x * 2u];`,
      `  let b${i}_1 = tileB[(j * 4u + ${i}u) * 16u + local.x * 2u + 1u];`,
      ...eight.map((r) => {
        const a = `a${r}.${'xyzw'[i]}`;
        return `  c${r}_0 += ${a} * b${i}_0; c${r}_1 += ${a} * b${i}_1;`;
      }),
    ]),
    '}',
    '}',
    ...eight.map((r) => {
      const at = `(row + local.y * 8u + ${r}u) * ${n4}u + col + local.x * 2u`;
      return `C[${at}] = c${r}_0; C[${at} + 1u] = c${r}_1;`;
    }),
  ];
  return `var<workgroup> tileA: array<vec4<f32>, 256>; var<workgroup> tileB: array<vec4<f32>, 256>;
${bindings} fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
${lines.join('\n')}\n}`;
}
