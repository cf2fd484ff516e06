#include "app/native_runtime.h"

#include <chrono>

#include "app/case_folder.h"
#include "model_files/model_reading.h"

namespace shapslice {

Expected<ModelFolder> read_model_folder(const std::filesystem::path& path) {
    const std::filesystem::path file = path / "model.json";
    const auto json = read_json(file);
    if (!json) return tl::make_unexpected(json.error());
    auto manifest = read_manifest(file.string(), *json);
    if (!manifest) return tl::make_unexpected(manifest.error());
    return ModelFolder{path, std::move(*manifest)};
}

Expected<Bytes> NativeRuntime::network_of(const FoldModel& fold) const {
    std::vector<std::vector<std::uint8_t>> contents;
    std::vector<std::string> names{fold.file};
    names.insert(names.end(), fold.data.begin(), fold.data.end());
    for (const std::string& name : names) {
        auto bytes = read_file(model_.path / name);
        if (!bytes) return tl::make_unexpected(bytes.error());
        contents.push_back(std::move(*bytes));
    }
    const std::vector<std::span<const std::uint8_t>> pieces(contents.begin(), contents.end());
    auto whole = whole_network(fold, pieces);
    if (whole && whole->empty()) return Bytes(contents[0].begin(), contents[0].end());
    return whole;
}

Expected<NativeRuntime::Open*> NativeRuntime::open(int fold, const Shape& shape) {
    if (open_.executor && open_.fold == fold && open_.shape == shape) return &open_;
    open_ = {};
    const FoldModel& model = model_.manifest.folds[static_cast<std::size_t>(fold)];
    const auto bytes = network_of(model);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto network = Network::parse(model.file, *bytes);
    if (!network) return tl::make_unexpected(network.error());
    const auto graph = convnet::read_graph(model.file, *network, {shape[2], shape[1], shape[0]});
    if (!graph) return tl::make_unexpected(graph.error());
    const convnet::VolumeShape output = graph->output_shape();
    open_ = {fold, shape, std::make_unique<convnet::Executor>(convnet::make_plan(*graph)),
             output.voxels() * static_cast<std::size_t>(output.channels)};
    return &open_;
}

void NativeRuntime::start(const RunRequest& request, Completion done) {
    const auto opened = open(request.fold, request.shape);
    if (!opened) return done(tl::make_unexpected(opened.error()));
    RunOutcome outcome;
    outcome.output.resize((*opened)->outputs);
    const double began = now();
    (*opened)->executor->run(request.input, outcome.output);
    outcome.seconds = now() - began;
    outcome.provider = kNativeProvider;
    done(std::move(outcome));
}

double NativeRuntime::now() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace shapslice
