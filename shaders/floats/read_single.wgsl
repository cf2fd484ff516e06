// Volumes and weights that a shader reads, in floats. What goes before it: one of the read_*.wgsl, one of the write_*.wgsl.

alias Stored = vec4<f32>;  // a voxel's four channels in memory
alias StoredMatrix = mat4x4<f32>;
alias Factor = vec4<f32>;  // the same to be multiplied
alias Matrix = mat4x4<f32>;

fn floats_of(voxel: Stored) -> vec4<f32> { return voxel; }
fn factor_of(voxel: Stored) -> Factor { return voxel; }
fn matrix_of(weights: StoredMatrix) -> Matrix { return weights; }
fn product(weights: Matrix, voxel: Factor) -> vec4<f32> { return weights * voxel; }

