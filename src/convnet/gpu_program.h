// A plan as passes of WebGPU compute shaders (shaders/*.wgsl). Worked out here for one network, one size of input and
// one adapter; JavaScript makes the buffers and pipelines and dispatches (web/gpu_network.js).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convnet/plan.h"

namespace shapslice::convnet {

// What an adapter allows: bytes of a buffer that a shader can be given, workgroups along an axis of a dispatch.
struct GpuLimits {
    std::uint64_t buffer_bytes = 128u << 20;
    int workgroups = 65535;
};

// How volumes and weights lie in the device's memory. In halves they take half of it, and so does what a run reads and
// writes. Moments, the network's output, and sums over one part of what a convolution reads are single in any case.
enum class GpuFloats { single, half };

inline constexpr std::array<std::string_view, 2> kGpuFloatsNames{"single", "half"};

struct GpuPass {
    std::string shader;                    // shaders/NAME.wgsl
    GpuFloats reads = GpuFloats::single;   // what its volumes and weights are: shaders/floats/read_*.wgsl
    GpuFloats writes = GpuFloats::single;  // what its result is: shaders/floats/write_*.wgsl
    std::map<std::string, int> constants;  // its overrides, which make a pipeline of their own
    std::vector<std::int32_t> parameters;  // its Parameters, binding 0
    std::vector<int> buffers;              // of the program, bindings 1, 2, ...
    std::array<int, 3> workgroups{1, 1, 1};
};

// Buffers by number. The first are always there:
enum GpuBuffer : int {
    kGpuWeights,    // matrices, `weights`
    kGpuConstants,  // scales, shifts, slopes: `constants`
    kGpuTables,     // of resizes: `tables`
    kGpuInput,      // [channel][k][j][i] of all contrasts
    kGpuAbsent,     // the same of what stands in for absent ones; not read while absent ones are 0
    kGpuPresent,    // for each channel 1 where the coalition has it, else 0
    kGpuOutput,     // [channel][k][j][i]
    kGpuFixedBuffers,
};

struct GpuProgram {
    std::vector<std::uint64_t> buffers;  // bytes of each
    GpuFloats floats = GpuFloats::single;
    std::vector<float> weights;  // on the device as `floats` says
    std::vector<float> constants;
    std::vector<std::int32_t> tables;
    std::vector<GpuPass> load;  // once for an input
    std::vector<GpuPass> run;   // for each coalition of it
    int channels = 0;           // of the input

    std::uint64_t bytes() const;  // of all buffers
};

// `plan` in floats (made without ranges). With `stands_in` what a coalition lacks is another volume, else 0. An error
// is a sentence that names `file_name`: a single plane of four channels, or the weights, are larger than a buffer may
// be.
Expected<GpuProgram> make_gpu_program(std::string_view file_name, const Plan& plan, bool stands_in,
                                      const GpuLimits& limits, GpuFloats floats = GpuFloats::single);

}  // namespace shapslice::convnet
