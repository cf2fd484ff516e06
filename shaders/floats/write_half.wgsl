// The volume that a shader writes, in halves, two to 32 bits. Beyond the largest there is no infinity: it would spread.
// A run in which something was cut off so is marked: it is made again in floats.

alias Written = vec2<u32>;

const LARGEST = vec4<f32>(65504);

@group(1) @binding(0) var<storage, read_write> overflowed: atomic<u32>;

fn written(value: vec4<f32>) -> Written {
  let held = clamp(value, -LARGEST, LARGEST);
  if (!all(held == value)) { atomicStore(&overflowed, 1u); }
  return vec2<u32>(pack2x16float(held.xy), pack2x16float(held.zw));
}
fn floats_written(voxel: Written) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(voxel.x), unpack2x16float(voxel.y));
}

