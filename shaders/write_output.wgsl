// Planes of four channels as [channel][k][j][i], for the processor to read.

struct Parameters {
  voxels: i32,
  channels: i32,  // of this part
  first: i32,     // among those of the output
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  if (n >= p.voxels) { return; }
  let plane = i32(group.z);
  let value = floats_of(source[plane * p.voxels + n]);
  for (var lane = 0; lane < 4; lane++) {
    let channel = 4 * plane + lane;
    if (channel < p.channels) { result[(p.first + channel) * p.voxels + n] = value[lane]; }
  }
}
