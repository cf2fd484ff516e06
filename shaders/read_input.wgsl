// The network's input, [channel][k][j][i], as planes of four channels; with a coalition, what it lacks is absent.

struct Parameters {
  voxels: i32,
  channels: i32,
  absence: i32,  // 0: all channels; 1: what is absent is 0; 2: it is another volume
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> absent: array<f32>;
@group(0) @binding(3) var<storage, read> present: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<Written>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  if (n >= p.voxels) { return; }
  let plane = i32(group.z);
  var value = vec4<f32>();
  for (var lane = 0; lane < 4; lane++) {
    let channel = 4 * plane + lane;
    if (channel >= p.channels) { break; }
    let at = channel * p.voxels + n;
    if (p.absence == 0 || present[channel] > 0) {
      value[lane] = input[at];
    } else if (p.absence == 2) {
      value[lane] = absent[at];
    }
  }
  result[plane * p.voxels + n] = written(value);
}
