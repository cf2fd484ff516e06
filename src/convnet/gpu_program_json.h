// A GPU program as JavaScript gets it (web/gpu_network.js); weights, constants and tables cross as arrays beside it.
#pragma once

#include "base/json.h"
#include "convnet/gpu_program.h"

namespace shapslice::convnet {

// {buffers: [bytes], channels, load: [pass], run: [pass]}; a pass: {shader, reads, writes, constants, parameters,
// buffers, workgroups: [x, y, z]}.
inline Json gpu_program_json(const GpuProgram& program) {
    const auto passes = [](const std::vector<GpuPass>& all) {
        Json made = Json::array();
        for (const GpuPass& pass : all)
            made.push_back({{"shader", pass.shader},
                            {"reads", kGpuFloatsNames[static_cast<std::size_t>(pass.reads)]},
                            {"writes", kGpuFloatsNames[static_cast<std::size_t>(pass.writes)]},
                            {"constants", pass.constants},
                            {"parameters", pass.parameters},
                            {"buffers", pass.buffers},
                            {"workgroups", pass.workgroups}});
        return made;
    };
    return {{"buffers", program.buffers},
            {"channels", program.channels},
            {"load", passes(program.load)},
            {"run", passes(program.run)}};
}

}  // namespace shapslice::convnet
