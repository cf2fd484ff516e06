// Volumes and weights that a shader reads, in halves (read_single.wgsl says what each name is for). Two share 32 bits, so that
// every adapter can: products and sums are of floats.

alias Stored = vec2<u32>;
alias StoredMatrix = array<vec2<u32>, 4>;  // columns
alias Factor = vec4<f32>;
alias Matrix = mat4x4<f32>;

fn floats_of(voxel: Stored) -> vec4<f32> { return vec4<f32>(unpack2x16float(voxel.x), unpack2x16float(voxel.y)); }
fn factor_of(voxel: Stored) -> Factor { return floats_of(voxel); }
fn matrix_of(weights: StoredMatrix) -> Matrix {
  return Matrix(floats_of(weights[0]), floats_of(weights[1]), floats_of(weights[2]), floats_of(weights[3]));
}
fn product(weights: Matrix, voxel: Factor) -> vec4<f32> { return weights * voxel; }

