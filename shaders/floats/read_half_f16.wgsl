// The same halves as in read_half.wgsl for an adapter with shader-f16: four products are added up in halves, such sums in floats.
// Products beyond 65504 are infinite: a network with values of thousands is one for floats.
enable f16;

alias Stored = vec4<f16>;
alias StoredMatrix = mat4x4<f16>;
alias Factor = vec4<f16>;
alias Matrix = mat4x4<f16>;

fn floats_of(voxel: Stored) -> vec4<f32> { return vec4<f32>(voxel); }
fn factor_of(voxel: Stored) -> Factor { return voxel; }
fn matrix_of(weights: StoredMatrix) -> Matrix { return weights; }
fn product(weights: Matrix, voxel: Factor) -> vec4<f32> { return vec4<f32>(weights * voxel); }

