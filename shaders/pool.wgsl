// Largest value of a window. Padding takes no part.

struct Parameters {
  source_k: i32, source_j: i32, source_i: i32, source_plane: i32,
  target_k: i32, target_j: i32, target_i: i32, target_plane: i32,
  kernel_k: i32, kernel_j: i32, kernel_i: i32,
  stride_k: i32, stride_j: i32, stride_i: i32,
  pad_k: i32, pad_j: i32, pad_i: i32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read_write> result: array<Written>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  let voxels = p.target_k * p.target_j * p.target_i;
  if (n >= voxels) { return; }
  let low_k = n / (p.target_j * p.target_i) * p.stride_k - p.pad_k;
  let low_j = n / p.target_i % p.target_j * p.stride_j - p.pad_j;
  let low_i = n % p.target_i * p.stride_i - p.pad_i;
  let slices = (p.source_plane + i32(group.z)) * p.source_k;
  var largest = vec4<f32>(-3.4028234e38);
  for (var k = max(low_k, 0); k < min(low_k + p.kernel_k, p.source_k); k++) {
    for (var j = max(low_j, 0); j < min(low_j + p.kernel_j, p.source_j); j++) {
      for (var i = max(low_i, 0); i < min(low_i + p.kernel_i, p.source_i); i++) {
        largest = max(largest, floats_of(source[((slices + k) * p.source_j + j) * p.source_i + i]));
      }
    }
  }
  result[(p.target_plane + i32(group.z)) * voxels + n] = written(largest);
}
