// The probability of each label from a network's output, [channel][k][j][i]: four to a voxel, as labels.wgsl reads them
// (src/inference/probabilities.h says the same).

struct Parameters {  // src/inference/labelling.h
  from_i: i32, from_j: i32, from_k: i32,
  box_i: i32, box_j: i32, box_k: i32,
  kind: i32,        // LabelsFrom: 0 labels, 1 regions, 2 regions in the order of painting
  activation: i32,  // 0: softmax, 1: sigmoid, 2: none
  channel_0: i32, channel_1: i32, channel_2: i32, channel_3: i32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> probabilities: array<vec4<f32>>;

const REGIONS = 1;
const PAINTING = 2;
const SOFTMAX = 0;
const SIGMOID = 1;

fn activated(value: vec4<f32>) -> vec4<f32> {
  if (p.activation == SIGMOID) { return 1 / (1 + exp(-value)); }
  return value;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  let voxels = p.from_i * p.from_j * p.from_k;
  if (n >= voxels) { return; }
  var value = vec4<f32>(output[p.channel_0 * voxels + n], output[p.channel_1 * voxels + n],
                        output[p.channel_2 * voxels + n], 0);
  if (p.kind == PAINTING) {
    value = vec4<f32>(0, activated(value).xyz);
  } else if (p.kind == REGIONS) {
    let region = activated(value);  // TC, WT, ET
    value = vec4<f32>(1 - region.y, max(0, region.x - region.z), max(0, region.y - region.x), region.z);
  } else {
    value.w = output[p.channel_3 * voxels + n];
    if (p.activation == SOFTMAX) {
      let powers = exp(value - max(max(value.x, value.y), max(value.z, value.w)));
      value = powers / (powers.x + powers.y + powers.z + powers.w);
    } else {
      value = activated(value);
    }
  }
  probabilities[n] = value;
}
