// A convolution of one part of a volume: 4 voxels of a row x 8 channels of the target in each invocation.
//
// Volumes are planes of four channels, in each plane [k][j][i]:
//
//     plane 0: | voxel 0: channels 0-3 | voxel 1: channels 0-3 | ...      vec4 a voxel, so that neighbouring
//     plane 1: | voxel 0: channels 4-7 | voxel 1: channels 4-7 | ...      invocations read neighbouring vec4s
//
// A matrix holds the weights of one tap from four channels of the source (columns) to four of the target (rows):
//
//     weights: | plane of the target | plane of the source | tap k, j, i |
//
//                    matrix of plane 0   matrix of plane 1
//     voxel 0  x0 --------> s00                 s10           each matrix is read once for four voxels, each voxel
//     voxel 1  x1 --------> s01                 s11           once for eight channels; from one tap along i to the
//     voxel 2  x2 --------> s02                 s12           next the voxels move up by one, and only one is read
//     voxel 3  x3 --------> s03                 s13
//
// Convolutions of doubled images and transposed convolutions are convolutions to every `step`-th voxel of the target.
// The last part of a sum ends it: scale, shift, another volume, LeakyReLU. Where the source is the network's input, a
// contrast that the coalition lacks is taken as absent while it is read.
//
// What loops and branches hang by is said when the pipeline is made, so that nothing of what is not taken is left. No
// invocation returns early: those beyond the last compute the last once more and do not store it.

override kernel_i: i32;
override stride_i: i32;
override absence: i32;  // NOT_INPUT, NOTHING: what is absent is 0, STANDS_IN: it is another volume

const NOT_INPUT = 0;
const NOTHING = 1;
const STANDS_IN = 2;

struct Parameters {
  source_k: i32, source_j: i32, source_i: i32, source_planes: i32,
  kernel_k: i32, kernel_j: i32,
  stride_k: i32, stride_j: i32,
  pad_k: i32, pad_j: i32, pad_i: i32,
  grid_k: i32, grid_j: i32, grid_i: i32,        // voxels that this pass makes
  target_k: i32, target_j: i32, target_i: i32, target_planes: i32,
  step_k: i32, step_j: i32, step_i: i32,        // where they lie in the target
  phase_k: i32, phase_j: i32, phase_i: i32,
  matrix: i32,            // the first, of the first planes here
  matrices_a_plane: i32,  // from one plane of the target to the next
  factors: i32,           // the scale of the target's first plane here
  factors_planes: i32,    // from scales to shifts, from shifts to slopes
  accumulates: i32, ends: i32, adds: i32, leaks: i32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read> weights: array<StoredMatrix>;
@group(0) @binding(3) var<storage, read> factors: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> added: array<Stored>;
@group(0) @binding(5) var<storage, read> absent: array<Stored>;
@group(0) @binding(6) var<storage, read> present: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> result: array<Written>;

// 0 beyond the row's ends.
fn voxel(row: i32, i: i32, width: i32) -> Factor {
  let inside = i >= 0 && i < width;
  if (absence == NOT_INPUT) { return select(Factor(), factor_of(source[row + i]), inside); }
  let lanes = present[0] > vec4<f32>();
  if (absence == NOTHING) { return select(Factor(), factor_of(source[row + i]), lanes & vec4<bool>(inside)); }
  return select(Factor(), select(factor_of(absent[row + i]), factor_of(source[row + i]), lanes), inside);
}

fn store(plane: i32, at: i32, sum: vec4<f32>) {
  let to = plane * p.target_k * p.target_j * p.target_i + at;
  var value = sum;
  if (p.accumulates != 0) { value += floats_written(result[to]); }
  if (p.ends != 0) {
    let factor = p.factors + plane;
    value = value * factors[factor] + factors[factor + p.factors_planes];
    if (p.adds != 0) { value += floats_of(added[to]); }
    if (p.leaks != 0) {
      value = select(value * factors[factor + 2 * p.factors_planes], value, value > vec4<f32>());
    }
  }
  result[to] = written(value);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let quads = (p.grid_i + 3) / 4;
  let count = quads * p.grid_j * p.grid_k;
  let invocation = i32((group.y * groups.x + group.x) * 64 + local);
  let n = min(invocation, count - 1);
  let first = n % quads * 4;
  let j = n / quads % p.grid_j;
  let k = n / quads / p.grid_j;
  let plane = i32(group.z) * 2;
  let two = plane + 1 < p.target_planes;
  let other = select(0, p.matrices_a_plane, two);  // without a second plane the first is made twice
  let low_k = k * p.stride_k - p.pad_k;
  let low_j = j * p.stride_j - p.pad_j;
  let low_i = first * stride_i - p.pad_i;
  let depth = p.source_k;
  let height = p.source_j;
  let width = p.source_i;

  var s00 = vec4<f32>(); var s01 = vec4<f32>(); var s02 = vec4<f32>(); var s03 = vec4<f32>();
  var s10 = vec4<f32>(); var s11 = vec4<f32>(); var s12 = vec4<f32>(); var s13 = vec4<f32>();
  var tap = p.matrix + plane * p.matrices_a_plane;
  for (var c = 0; c < p.source_planes; c++) {
    for (var tap_k = 0; tap_k < p.kernel_k; tap_k++) {
      let at_k = low_k + tap_k;
      for (var tap_j = 0; tap_j < p.kernel_j; tap_j++) {
        let at_j = low_j + tap_j;
        if (at_k >= 0 && at_k < depth && at_j >= 0 && at_j < height) {
          let row = ((c * depth + at_k) * height + at_j) * width;
          if (stride_i == 1 && kernel_i <= 3) {
            let x0 = voxel(row, low_i, width);
            let x1 = voxel(row, low_i + 1, width);
            let x2 = voxel(row, low_i + 2, width);
            let x3 = voxel(row, low_i + 3, width);
            let a0 = matrix_of(weights[tap]);
            s00 += product(a0, x0); s01 += product(a0, x1); s02 += product(a0, x2); s03 += product(a0, x3);
            let a1 = matrix_of(weights[tap + other]);
            s10 += product(a1, x0); s11 += product(a1, x1); s12 += product(a1, x2); s13 += product(a1, x3);
            if (kernel_i > 1) {
              let x4 = voxel(row, low_i + 4, width);
              let b0 = matrix_of(weights[tap + 1]);
              s00 += product(b0, x1); s01 += product(b0, x2); s02 += product(b0, x3); s03 += product(b0, x4);
              let b1 = matrix_of(weights[tap + 1 + other]);
              s10 += product(b1, x1); s11 += product(b1, x2); s12 += product(b1, x3); s13 += product(b1, x4);
              if (kernel_i > 2) {
                let x5 = voxel(row, low_i + 5, width);
                let c0 = matrix_of(weights[tap + 2]);
                s00 += product(c0, x2); s01 += product(c0, x3); s02 += product(c0, x4); s03 += product(c0, x5);
                let c1 = matrix_of(weights[tap + 2 + other]);
                s10 += product(c1, x2); s11 += product(c1, x3); s12 += product(c1, x4); s13 += product(c1, x5);
              }
            }
          } else {
            for (var tap_i = 0; tap_i < kernel_i; tap_i++) {
              let x0 = voxel(row, low_i + tap_i, width);
              let x1 = voxel(row, low_i + tap_i + stride_i, width);
              let x2 = voxel(row, low_i + tap_i + 2 * stride_i, width);
              let x3 = voxel(row, low_i + tap_i + 3 * stride_i, width);
              let a0 = matrix_of(weights[tap + tap_i]);
              s00 += product(a0, x0); s01 += product(a0, x1); s02 += product(a0, x2); s03 += product(a0, x3);
              let a1 = matrix_of(weights[tap + tap_i + other]);
              s10 += product(a1, x0); s11 += product(a1, x1); s12 += product(a1, x2); s13 += product(a1, x3);
            }
          }
        }
        tap += kernel_i;
      }
    }
  }

  let left = select(0, p.grid_i - first, invocation < count);
  let at = ((k * p.step_k + p.phase_k) * p.target_j + j * p.step_j + p.phase_j) * p.target_i +
           first * p.step_i + p.phase_i;
  if (left > 0) { store(plane, at, s00); }
  if (left > 1) { store(plane, at + p.step_i, s01); }
  if (left > 2) { store(plane, at + 2 * p.step_i, s02); }
  if (left > 3) { store(plane, at + 3 * p.step_i, s03); }
  if (two) {
    if (left > 0) { store(plane + 1, at, s10); }
    if (left > 1) { store(plane + 1, at + p.step_i, s11); }
    if (left > 2) { store(plane + 1, at + 2 * p.step_i, s12); }
    if (left > 3) { store(plane + 1, at + 3 * p.step_i, s13); }
  }
}
