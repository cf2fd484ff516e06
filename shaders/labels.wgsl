// Labels of the voxels of a case's box: probabilities blended between the output's voxels, along k, j and i in this order as
// restore_labels() does it, and of the largest the first, or the region painted last (METHOD 8.4).
//
//     words:  | voxels 0-15, 2 bits each from the lowest on | voxels 16-31 | ...       i fastest

struct Parameters {  // src/inference/labelling.h
  from_i: i32, from_j: i32, from_k: i32,
  box_i: i32, box_j: i32, box_k: i32,
  kind: i32,  // LabelsFrom
  activation: i32,
  channel_0: i32, channel_1: i32, channel_2: i32, channel_3: i32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> probabilities: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> taps: array<i32>;  // of i, then of j, then of k: low, high, bits of the share
@group(0) @binding(3) var<storage, read_write> words: array<u32>;

const PAINTING = 2;

struct Tap { low: i32, high: i32, share: f32 }

fn tap(n: i32) -> Tap {
  return Tap(taps[3 * n], taps[3 * n + 1], bitcast<f32>(taps[3 * n + 2]));
}

fn along_k(k: Tap, j: i32, i: i32) -> vec4<f32> {
  let at = j * p.from_i + i;
  let plane = p.from_j * p.from_i;
  return mix(probabilities[k.low * plane + at], probabilities[k.high * plane + at], k.share);
}

// Each region that exceeds one half paints its label over those before it.
fn painted(value: vec4<f32>) -> u32 {
  var found = 0u;
  for (var region = 0u; region < 3; region++) {
    if (value[region + 1] > 0.5) { found = (u32(p.channel_3) >> (2 * region)) & 3; }
  }
  return found;
}

fn label(n: i32) -> u32 {
  let i = tap(n % p.box_i);
  let j = tap(p.box_i + n / p.box_i % p.box_j);
  let k = tap(p.box_i + p.box_j + n / (p.box_i * p.box_j));
  let low = mix(along_k(k, j.low, i.low), along_k(k, j.high, i.low), j.share);
  let high = mix(along_k(k, j.low, i.high), along_k(k, j.high, i.high), j.share);
  let value = mix(low, high, i.share);
  if (p.kind == PAINTING) { return painted(value); }
  var best = value.x;
  var found = 0u;
  for (var other = 1u; other < 4; other++) {
    if (value[other] > best) {
      best = value[other];
      found = other;
    }
  }
  return found;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let first = i32((group.y * groups.x + group.x) * 64 + local) * 16;
  let voxels = p.box_i * p.box_j * p.box_k;
  if (first >= voxels) { return; }
  var word = 0u;
  for (var n = 0; n < min(16, voxels - first); n++) { word |= label(first + n) << u32(2 * n); }
  words[first / 16] = word;
}
