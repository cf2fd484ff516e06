// Channels of one volume put among those of another, through tables where there are: a nearest neighbour resize, padding
// with zeros where a table says -1, cutting out.

struct Parameters {
  source_k: i32, source_j: i32, source_i: i32,
  target_k: i32, target_j: i32, target_i: i32,
  first: i32,     // channel of the target's first plane here that channel 0 of the source becomes; may be below 0
  channels: i32,  // of the source's part
  plane: i32,     // the first of the target's planes that are written
  from_k: i32, from_j: i32, from_i: i32,  // where the tables begin, -1: none
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> source: array<Stored>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<Written>;

fn looked_up(table: i32, n: i32) -> i32 {
  if (table < 0) { return n; }
  return tables[table + n];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let n = i32((group.y * groups.x + group.x) * 64 + local);
  if (n >= p.target_k * p.target_j * p.target_i) { return; }
  let k = looked_up(p.from_k, n / (p.target_j * p.target_i));
  let j = looked_up(p.from_j, n / p.target_i % p.target_j);
  let i = looked_up(p.from_i, n % p.target_i);
  let there = k >= 0 && j >= 0 && i >= 0;
  let at = select(0, (k * p.source_j + j) * p.source_i + i, there);
  let voxels = p.source_k * p.source_j * p.source_i;
  let plane = p.plane + i32(group.z);
  let to = plane * p.target_k * p.target_j * p.target_i + n;
  // Lanes below the first are those of the source before; others may be anything yet.
  var value = vec4<f32>();
  if (4 * plane < p.first) { value = floats_written(result[to]); }
  for (var lane = 0; lane < 4; lane++) {
    let channel = 4 * plane + lane - p.first;
    if (channel >= 0 && channel < p.channels) {
      value[lane] = select(0.0, floats_of(source[channel / 4 * voxels + at])[channel % 4], there);
    }
  }
  result[to] = written(value);
}
