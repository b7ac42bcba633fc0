/** The decision kernel: one invocation. Numbers are tested by their bits, because compilers may assume finite ones. */

/** See `decideStep` for what the buffers hold. */
export function stepControlCode(): string {
  return `struct Uniforms { maxNorm: f32 };
@group(0) @binding(0) var<storage, read_write> control: array<f32>;
@group(0) @binding(1) var<storage, read_write> updates: array<i32>;
@group(0) @binding(2) var<storage, read> loss: array<u32>;
@group(0) @binding(3) var<storage, read> norm: array<u32>;
@group(0) @binding(4) var<storage, read> settings: array<f32>;
@group(0) @binding(5) var<uniform> u: Uniforms;
fn isFinite(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(1)
fn main() {
  let scale = settings[3];
  let total = bitcast<f32>(norm[0]) / scale;
  control[4] = bitcast<f32>(loss[0]) / scale;
  control[5] = total;
  if (!isFinite(loss[0]) || !isFinite(norm[0])) {
    control[0] = 0.0;
    return;
  }
  let place = 4 + 2 * (updates[0] - i32(settings[0]));
  control[0] = 1.0;
  control[1] = select(1.0, min(1.0, u.maxNorm / (total + 1e-6)), u.maxNorm > 0.0) / scale;
  control[2] = settings[place];
  control[3] = settings[place + 1];
  control[6] = settings[1];
  control[7] = settings[2];
  updates[0] += 1;
}`;
}
