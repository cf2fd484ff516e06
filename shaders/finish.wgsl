// What becomes of a volume that is there already, in one pass (src/convnet/kernels/finish_row.h says the same of rows):
//
//     scale and shift a channel  ->  another volume added  ->  LeakyReLU, sigmoid or softmax
//
// Scale and shift are constants, or what normalisation.wgsl made of the volume's moments; then its mean is taken away first.

struct Parameters {
  voxels: i32,
  factors: i32, factors_planes: i32,  // the scale of the first plane; from scales to shifts
  normalises: i32,                    // whether means follow the shifts
  slopes: i32,                        // of the first plane, in the constants
  adds: i32,
  activation: i32,                    // 0: none, 1: leaky, 2: sigmoid, 3: softmax over channels
  channels: i32,                      // for softmax, whose invocations go through all planes
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read> factors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> constants: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> added: array<Stored>;
@group(0) @binding(5) var<storage, read_write> result: array<Written>;

const LEAKY = 1;
const SIGMOID = 2;
const SOFTMAX = 3;

fn scaled(n: i32, plane: i32) -> vec4<f32> {
  let at = plane * p.voxels + n;
  let factor = p.factors + plane;
  var value = floats_of(source[at]);
  if (p.normalises != 0) { value -= factors[factor + 2 * p.factors_planes]; }
  value = value * factors[factor] + factors[factor + p.factors_planes];
  if (p.adds == 0) { return value; }
  return value + floats_of(added[at]);
}

// What a plane's surplus lanes must not take part in.
fn counts(plane: i32) -> vec4<bool> {
  return vec4<i32>(0, 1, 2, 3) + 4 * plane < vec4<i32>(p.channels);
}

fn softmax(n: i32) {
  let planes = (p.channels + 3) / 4;
  var largest = scaled(n, 0).x;
  for (var plane = 0; plane < planes; plane++) {
    let value = select(vec4<f32>(largest), scaled(n, plane), counts(plane));
    largest = max(largest, max(max(value.x, value.y), max(value.z, value.w)));
  }
  var total = 0.0;
  for (var plane = 0; plane < planes; plane++) {
    let value = select(vec4<f32>(), exp(scaled(n, plane) - largest), counts(plane));
    total += value.x + value.y + value.z + value.w;
    result[plane * p.voxels + n] = written(value);
  }
  for (var plane = 0; plane < planes; plane++) {
    let at = plane * p.voxels + n;
    result[at] = written(floats_written(result[at]) / total);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  if (n >= p.voxels) { return; }
  if (p.activation == SOFTMAX) {
    softmax(n);
    return;
  }
  let plane = i32(group.z);
  var value = scaled(n, plane);
  if (p.activation == LEAKY) { value = select(value * constants[p.slopes + plane], value, value > vec4<f32>()); }
  if (p.activation == SIGMOID) { value = 1 / (1 + exp(-value)); }
  result[plane * p.voxels + n] = written(value);
}
