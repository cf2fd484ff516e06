// The volume that a shader writes, in floats.

alias Written = vec4<f32>;

fn written(value: vec4<f32>) -> Written { return value; }
fn floats_written(voxel: Written) -> vec4<f32> { return voxel; }

