// Largest or mean value of a window. Padding takes no part in the largest; a mean counts it, as 0, where that is said.

struct Parameters {
  source_k: i32, source_j: i32, source_i: i32, source_plane: i32,
  target_k: i32, target_j: i32, target_i: i32, target_plane: i32,
  kernel_k: i32, kernel_j: i32, kernel_i: i32,
  stride_k: i32, stride_j: i32, stride_i: i32,
  pad_k: i32, pad_j: i32, pad_i: i32,
  means: i32,
  counted_low_k: i32, counted_low_j: i32, counted_low_i: i32,     // of a mean: the voxels that count, from ... on
  counted_high_k: i32, counted_high_j: i32, counted_high_i: i32,  // and up to, without
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read_write> result: array<Written>;

fn counted(first: i32, kernel: i32, low: i32, high: i32) -> i32 {
  return min(high, first + kernel) - max(low, first);
}

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
  var found = vec4<f32>(-3.4028234e38);
  var sum = vec4<f32>();
  for (var k = max(low_k, 0); k < min(low_k + p.kernel_k, p.source_k); k++) {
    for (var j = max(low_j, 0); j < min(low_j + p.kernel_j, p.source_j); j++) {
      for (var i = max(low_i, 0); i < min(low_i + p.kernel_i, p.source_i); i++) {
        let value = floats_of(source[((slices + k) * p.source_j + j) * p.source_i + i]);
        found = max(found, value);
        sum += value;
      }
    }
  }
  if (p.means != 0) {
    found = sum / f32(counted(low_k, p.kernel_k, p.counted_low_k, p.counted_high_k) *
                      counted(low_j, p.kernel_j, p.counted_low_j, p.counted_high_j) *
                      counted(low_i, p.kernel_i, p.counted_low_i, p.counted_high_i));
  }
  result[(p.target_plane + i32(group.z)) * voxels + n] = written(found);
}
