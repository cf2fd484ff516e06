// A linear resize: along each axis two neighbours of the source, and the share of the second.
//
//     taps of an axis:   | voxel 0: low, high, bits of the share | voxel 1 | ...

struct Parameters {
  source_k: i32, source_j: i32, source_i: i32, source_plane: i32,
  target_k: i32, target_j: i32, target_i: i32, target_plane: i32,
  taps_k: i32, taps_j: i32, taps_i: i32,  // where each axis begins in the tables
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<Written>;

struct Tap { low: i32, high: i32, share: f32 }

fn tap(axis: i32, n: i32) -> Tap {
  let at = axis + 3 * n;
  return Tap(tables[at], tables[at + 1], bitcast<f32>(tables[at + 2]));
}

fn along_row(row: i32, i: Tap) -> vec4<f32> {
  return mix(floats_of(source[row + i.low]), floats_of(source[row + i.high]), i.share);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  let voxels = p.target_k * p.target_j * p.target_i;
  if (n >= voxels) { return; }
  let k = tap(p.taps_k, n / (p.target_j * p.target_i));
  let j = tap(p.taps_j, n / p.target_i % p.target_j);
  let i = tap(p.taps_i, n % p.target_i);
  let low = (p.source_plane + i32(group.z)) * p.source_k + k.low;
  let high = low + k.high - k.low;
  let near = mix(along_row((low * p.source_j + j.low) * p.source_i, i),
                 along_row((low * p.source_j + j.high) * p.source_i, i), j.share);
  let far = mix(along_row((high * p.source_j + j.low) * p.source_i, i),
                along_row((high * p.source_j + j.high) * p.source_i, i), j.share);
  result[(p.target_plane + i32(group.z)) * voxels + n] = written(mix(near, far, k.share));
}
