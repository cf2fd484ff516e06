// The program's own engine in floats (docs/ENGINE.md) as what runs networks in the native program.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "convnet/executor.h"
#include "inference/manifest.h"
#include "inference/runtime.h"

namespace shapslice {

// FoldResult::provider of its runs.
inline constexpr std::string_view kNativeProvider = "native";

// A model's folder: model.json and the files that it names.
struct ModelFolder {
    std::filesystem::path path;
    ModelManifest manifest;
};
// Errors name the file.
Expected<ModelFolder> read_model_folder(const std::filesystem::path& path);

// Runs one model, one network at a time. A network that the engine does not take is an error of start() that says why,
// as is a file that differs from the manifest's digest.
class NativeRuntime : public Runtime {
  public:
    explicit NativeRuntime(ModelFolder model) : model_(std::move(model)) {}
    const ModelManifest& manifest() const { return model_.manifest; }

    void start(const RunRequest& request, Completion done) override;
    double now() const override;

  private:
    struct Open {
        int fold = 0;
        Shape shape{0, 0, 0};
        std::unique_ptr<convnet::Executor> executor;
        std::size_t outputs = 0;  // values
    };
    Expected<Open*> open(int fold, const Shape& shape);
    Expected<Bytes> network_of(const FoldModel& fold) const;

    ModelFolder model_;
    Open open_;
};

}  // namespace shapslice
