// Mean and sum of squared deviations of each channel of a volume, piece by piece; normalisation.wgsl puts the pieces
// together.
//
//     a plane:   | piece 0: `piece` voxels | piece 1 | ...      one workgroup each
//     pieces:    | plane | piece | mean, squares |
//
// Sums are taken of what differs from an invocation's first voxel, and means merged by their counts (Chan, Golub and
// LeVeque, 1983): plain sums of squares in float32 lose the variance of channels whose mean is far from 0.

struct Parameters {
  voxels: i32,
  piece: i32,
  pieces: i32,       // of a plane
  first_plane: i32,  // among the pieces
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read_write> pieces: array<vec4<f32>>;

const WIDTH = 64;

var<workgroup> counts: array<f32, WIDTH>;
var<workgroup> means: array<vec4<f32>, WIDTH>;
var<workgroup> squares: array<vec4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let plane = i32(group.z);
  let piece = i32(group.y * groups.x + group.x);
  let first = piece * p.piece + i32(local);
  let end = min((piece + 1) * p.piece, p.voxels);
  var count = 0.0;
  var mean = vec4<f32>();
  var square = vec4<f32>();
  if (first < end) {
    let origin = floats_of(source[plane * p.voxels + first]);
    var sum = vec4<f32>();
    for (var n = first; n < end; n += WIDTH) {
      let off = floats_of(source[plane * p.voxels + n]) - origin;
      sum += off;
      square += off * off;
      count += 1;
    }
    mean = origin + sum / count;
    square = max(vec4<f32>(), square - sum * sum / count);
  }
  counts[local] = count;
  means[local] = mean;
  squares[local] = square;
  for (var half = u32(WIDTH / 2); half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) {
      let other = counts[local + half];
      let both = max(1, counts[local] + other);
      let off = means[local + half] - means[local];
      squares[local] += squares[local + half] + off * off * (counts[local] * other / both);
      means[local] += off * (other / both);
      counts[local] += other;
    }
  }
  if (local == 0 && piece < p.pieces) {
    let at = ((p.first_plane + plane) * p.pieces + piece) * 2;
    pieces[at] = means[0];
    pieces[at + 1] = squares[0];
  }
}
