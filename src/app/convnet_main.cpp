// The engine for convolutional networks as a WebAssembly program of its own. It is built twice, with and without
// relaxed SIMD: a module that has one relaxed instruction is refused as a whole where the browser does not know it.
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/val.h>

#include "app/guarded.h"
#include "base/json.h"
#include "convnet/calibration.h"
#include "convnet/executor.h"
#include "convnet/fast_network.h"
#include "convnet/gpu_program_json.h"
#include "convnet/halves.h"

namespace shapslice::convnet {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

std::size_t count_of(const VolumeShape& shape) {
    return shape.voxels() * static_cast<std::size_t>(shape.channels);
}

// One network for one size of input.
class Convnet {
  public:
    // An error's sentence, or "" and the network is ready to run in floats. `extents`: [k, j, i] of the input;
    // `output`: the name of the one that is wanted, "" the finest.
    std::string open(const std::string& file_name, const val& bytes, const val& extents, const std::string& output) {
        const std::string problem = read(file_name, bytes, extents, output);
        return problem.empty() ? plan(file_name) : problem;
    }
    // The same, in wide whole numbers (plan.h) by ranges as model.json has them.
    std::string open_whole(const std::string& file_name, const val& bytes, const val& extents,
                           const std::string& output, const std::string& ranges_json) {
        const std::string problem = read(file_name, bytes, extents, output);
        if (!problem.empty()) return problem;
        const auto ranges = ranges_from_json(Json::parse(ranges_json, nullptr, false));
        if (!ranges) return file_name + ": " + ranges.error().sentence + ".";
        const std::string too_large = refuse_size(file_name, make_plan(graph_, *ranges));
        if (too_large.empty()) fast_ = std::make_unique<FastNetwork>(std::move(graph_), *ranges);
        return too_large;
    }
    // The ranges that open_whole() was given, widened by those of a run in floats on this input, as JSON; "" where the
    // input is of another size.
    std::string widened_ranges(const val& input) {
        const std::vector<float> given = emscripten::convertJSArrayToNumberVector<float>(input);
        if (!fast_ || given.size() != count_of(graph().input_shape())) return "";
        return ranges_to_json(fast_->widened_by(given)).dump();
    }
    // Of the last run() after open_whole(): {again, clipped: {tensor: share}} (convnet/fast_network.h).
    std::string outcome() const { return Json{{"again", outcome_.again}, {"clipped", outcome_.clipped}}.dump(); }

    // Runs the network in floats on one more input, and keeps the ranges of its activations in mind.
    val calibrate(const val& input) {
        return run_observed(input, [this](const Value& value, std::span<const float> elements) {
            calibration_.observe(value, elements);
        });
    }
    // Ranges of the network's activations as model.json has them, seen on an input of all contrasts and on each of its
    // channels alone. Runs in floats; "" where the input is of another size.
    std::string ranges(const val& input) {
        const std::vector<float> given = emscripten::convertJSArrayToNumberVector<float>(input);
        if (!executor_ || given.size() != count_of(graph_.input_shape())) return "";
        Calibration calibration;
        calibration.observe_coalitions(*executor_, given);
        return ranges_to_json(calibration.ranges()).dump();
    }
    // From now on convolutions run in whole numbers, with the ranges that calibrate() saw: wide ones, or narrow
    // (plan.h).
    void use_whole_numbers(bool narrow) {
        const Prefer prefer = narrow ? Prefer::narrow : Prefer::wide;
        executor_ = std::make_unique<Executor>(make_plan(graph_, calibration_.ranges(), prefer));
    }

    // [channels][k][j][i] of the network's output; null where nothing is open or the input is of another size.
    val run(const val& input) {
        if (!fast_) return run_observed(input, {});
        const std::vector<float> given = emscripten::convertJSArrayToNumberVector<float>(input);
        if (given.size() != count_of(graph().input_shape())) return val::null();
        std::vector<float> output(count_of(graph().output_shape()));
        outcome_ = fast_->run(given, output);
        return val(typed_memory_view(output.size(), output.data())).call<val>("slice");
    }

    // [{value, products, made, milliseconds}] of each step of a run: products by the network's count, and those that
    // were made.
    std::string profile(const val& input) {
        Json steps = Json::array();
        double last = emscripten_get_now();
        run_observed(input, [&](const Value& value, std::span<const float>) {
            const double now = emscripten_get_now();
            const Step& step = executor_->plan().steps[steps.size()];
            steps.push_back({{"value", value.name},
                             {"products", step.products},
                             {"made", step.products_made()},
                             {"milliseconds", now - last}});
            last = now;
        });
        return steps.dump();
    }

    // {steps, products, bytes, volumes}: multiplications of weights a run, memory held, what of that are volumes.
    std::string facts() const {
        const Executor* executor = fast_ ? &fast_->executor() : executor_.get();
        if (!executor) return "{}";
        return Json{{"steps", executor->plan().steps.size()},
                    {"products", executor->plan().products()},
                    {"bytes", executor->bytes()},
                    {"volumes", executor->plan().bytes}}
            .dump();
    }

  private:
    std::string read(const std::string& file_name, const val& bytes, const val& extents, const std::string& output) {
        executor_.reset();
        fast_.reset();
        outcome_ = {};
        graph_ = {};
        calibration_ = {};
        const auto network = Network::parse(file_name, emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes));
        if (!network) return network.error().sentence;
        auto graph =
            read_graph(file_name, *network, {extents[0].as<int>(), extents[1].as<int>(), extents[2].as<int>()}, output);
        if (!graph) return graph.error().sentence;
        graph_ = std::move(*graph);
        return "";
    }
    std::string plan(const std::string& file_name) {
        Plan plan = make_plan(graph_);
        const std::string too_large = refuse_size(file_name, plan);
        if (too_large.empty()) executor_ = std::make_unique<Executor>(std::move(plan));
        return too_large;
    }
    static std::string refuse_size(const std::string& file_name, const Plan& plan) {
        constexpr std::uint64_t kMostBytes = std::uint64_t{3} << 30;  // of the 4 GB that WebAssembly can address
        if (plan.bytes <= kMostBytes) return "";
        return file_name + ": the network needs more than 3 GB for an image of this size; expected less.";
    }
    const Graph& graph() const { return fast_ ? fast_->graph() : graph_; }
    val run_observed(const val& input, const Executor::Observer& observer) {
        const std::vector<float> given = emscripten::convertJSArrayToNumberVector<float>(input);
        if (!executor_ || given.size() != count_of(graph_.input_shape())) return val::null();
        std::vector<float> output(count_of(graph_.output_shape()));
        executor_->run(given, output, observer);
        return val(typed_memory_view(output.size(), output.data())).call<val>("slice");
    }

    Graph graph_;
    Calibration calibration_;
    std::unique_ptr<Executor> executor_;  // after open()
    std::unique_ptr<FastNetwork> fast_;   // after open_whole(), with the graph
    FastNetwork::Outcome outcome_;
};

template <class T>
val owned_array(const std::vector<T>& values) {
    return val(typed_memory_view(values.size(), values.data())).call<val>("slice");
}

// A network as passes of WebGPU shaders: {problem} or {program, weights, constants, tables}. `program` is JSON:
// {buffers: bytes of each, channels, load, run: passes {shader, parameters, buffers, workgroups}} (gpu_program.h).
// `output`: the name of the one that is wanted, "" the finest. `stands_in`: whether absent contrasts are another volume
// in place of 0. `half`: volumes and weights in halves.
val gpu_program(const std::string& file_name, const val& bytes, const val& extents, const std::string& output,
                bool stands_in, double buffer_bytes, int workgroups, bool half) {
    val answer = val::object();
    const auto refuse = [&](const Error& error) {
        answer.set("problem", error.sentence);
        return answer;
    };
    const auto network = Network::parse(file_name, emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes));
    if (!network) return refuse(network.error());
    const auto graph =
        read_graph(file_name, *network, {extents[0].as<int>(), extents[1].as<int>(), extents[2].as<int>()}, output);
    if (!graph) return refuse(graph.error());
    const GpuLimits limits{static_cast<std::uint64_t>(buffer_bytes), workgroups};
    const auto program =
        make_gpu_program(file_name, make_plan(*graph), stands_in, limits, half ? GpuFloats::half : GpuFloats::single);
    if (!program) return refuse(program.error());
    answer.set("problem", std::string());
    answer.set("program", gpu_program_json(*program).dump());
    answer.set("weights", half ? owned_array(halves(program->weights)) : owned_array(program->weights));
    answer.set("constants", owned_array(program->constants));
    answer.set("tables", owned_array(program->tables));
    return answer;
}

EMSCRIPTEN_BINDINGS(shapslice_convnet) {
    emscripten::function("gpuProgram", &Guarded<&gpu_program>::call);
    emscripten::class_<Convnet>("Convnet")
        .constructor<>()
        .function("open", &Guarded<&Convnet::open>::call)
        .function("openWhole", &Guarded<&Convnet::open_whole>::call)
        .function("ranges", &Guarded<&Convnet::ranges>::call)
        .function("calibrate", &Guarded<&Convnet::calibrate>::call)
        .function("useWholeNumbers", &Guarded<&Convnet::use_whole_numbers>::call)
        .function("widenedRanges", &Guarded<&Convnet::widened_ranges>::call)
        .function("outcome", &Guarded<&Convnet::outcome>::call)
        .function("run", &Guarded<&Convnet::run>::call)
        .function("profile", &Guarded<&Convnet::profile>::call)
        .function("facts", &Guarded<&Convnet::facts>::call);
}

}  // namespace
}  // namespace shapslice::convnet
