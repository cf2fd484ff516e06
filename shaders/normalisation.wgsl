// Instance and group normalisation as a scale, a shift and a mean a channel, from the moments of an image (moments.wgsl).
// One workgroup: first each channel's pieces are put together, then each group's channels. The mean is no part of the
// shift: where a channel hardly varies, scale times mean would lose what little there is.

struct Parameters {
  voxels: i32, piece: i32, pieces: i32,  // as moments.wgsl had them
  channels: i32,
  members: i32,   // channels of a group
  epsilon: i32,   // the bits of a float
  factors: i32,   // of the scales in the constants, a vec4 each; shifts follow them
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> pieces: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> constants: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> merged: array<f32>;   // means of channels, then variances
@group(0) @binding(4) var<storage, read_write> factors: array<f32>;  // scales of channels, shifts, means

const WIDTH = 64;

fn merge_pieces(plane: i32, padded: i32) {
  var count = 0.0;
  var mean = vec4<f32>();
  var square = vec4<f32>();
  for (var n = 0; n < p.pieces; n++) {
    let at = (plane * p.pieces + n) * 2;
    let other = f32(min(p.piece, p.voxels - n * p.piece));
    let off = pieces[at] - mean;
    let both = count + other;
    square += pieces[at + 1] + off * off * (count * other / both);
    mean += off * (other / both);
    count = both;
  }
  for (var lane = 0; lane < 4; lane++) {
    merged[4 * plane + lane] = mean[lane];
    merged[padded + 4 * plane + lane] = square[lane] / count;
  }
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) local: u32) {
  let planes = (p.channels + 3) / 4;
  let padded = 4 * planes;
  for (var plane = i32(local); plane < planes; plane += WIDTH) { merge_pieces(plane, padded); }
  storageBarrier();
  for (var c = i32(local); c < padded; c += WIDTH) {
    var scale = 0.0;
    var shift = 0.0;
    var mean = 0.0;
    if (c < p.channels) {
      let first = c / p.members * p.members;
      for (var n = 0; n < p.members; n++) { mean += merged[first + n] / f32(p.members); }
      var variance = 0.0;
      for (var n = 0; n < p.members; n++) {
        let off = merged[first + n] - mean;
        variance += (merged[padded + first + n] + off * off) / f32(p.members);
      }
      scale = constants[p.factors + c / 4][c % 4] / sqrt(variance + bitcast<f32>(p.epsilon));
      shift = constants[p.factors + planes + c / 4][c % 4];
    }
    factors[c] = scale;
    factors[padded + c] = shift;
    factors[2 * padded + c] = mean;
  }
}
