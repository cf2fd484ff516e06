// A volume times another, voxel by voxel: of as many channels, or of one that all channels are multiplied with.

struct Parameters {
  voxels: i32,
  one_for_all: i32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> first: array<Stored>;
@group(0) @binding(2) var<storage, read> second: array<Stored>;
@group(0) @binding(3) var<storage, read_write> result: array<Written>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  if (n >= p.voxels) { return; }
  let at = i32(group.z) * p.voxels + n;
  var factor: vec4<f32>;
  if (p.one_for_all != 0) {
    factor = vec4<f32>(floats_of(second[n]).x);
  } else {
    factor = floats_of(second[at]);
  }
  result[at] = written(floats_of(first[at]) * factor);
}
