// What several tests need: small images and cases, a network that is a plain C++ function.
#pragma once

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "image/case.h"
#include "inference/manifest.h"
#include "inference/runtime.h"

namespace shapslice::testing {

inline Grid grid_of(Shape shape, double spacing = 1) {
    Grid grid;
    grid.shape = shape;
    grid.affine.diagonal() << spacing, spacing, spacing, 1;
    return grid;
}

inline std::vector<std::uint8_t> file_bytes(const std::filesystem::path& path) {
    std::vector<std::uint8_t> bytes(std::filesystem::file_size(path));
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

// A case with a border of zeros, a "brain" of seeded values, and a reference of three nested labels.
inline Case small_case(Shape shape = {12, 10, 8}, std::uint64_t seed = 3) {
    Case subject;
    subject.name = "small";
    subject.grid = grid_of(shape);
    subject.layout = plain_layout(subject.grid);
    subject.reference.emplace(subject.grid.size(), std::uint8_t{0});
    Random random(seed);
    for (auto& voxels : subject.voxels) voxels.assign(subject.grid.size(), 0.0f);
    for (int k = 1; k < shape[2] - 1; ++k) {
        for (int j = 1; j < shape[1] - 1; ++j) {
            for (int i = 1; i < shape[0] - 1; ++i) {
                const std::size_t at = subject.grid.index(i, j, k);
                for (auto& voxels : subject.voxels) voxels[at] = static_cast<float>(1 + 9 * random.between(0, 1));
                const int off =
                    std::max({std::abs(i - shape[0] / 2), std::abs(j - shape[1] / 2), std::abs(k - shape[2] / 2)});
                (*subject.reference)[at] = static_cast<std::uint8_t>(off == 0 ? 1 : off == 1 ? 3 : off == 2 ? 2 : 0);
            }
        }
    }
    return subject;
}

inline ModelManifest manifest_of(std::string id, int folds, double spacing = 1, Shape patch = {64, 64, 64}) {
    ModelManifest manifest;
    manifest.id = id;
    manifest.name = "Model " + id;
    manifest.architecture = "plain C++";
    manifest.spacing = {spacing, spacing, spacing};
    manifest.patch = patch;
    manifest.multiple = 4;
    manifest.channels = {0, 1, 2, 3};
    manifest.output_channels = kLabels;
    for (int fold = 0; fold < folds; ++fold)
        manifest.folds.push_back({id + std::to_string(fold), id + "-sha-" + std::to_string(fold), ""});
    return manifest;
}

// Runs a function instead of a network. Answers at once, or when answer_next() is called.
class PlainRuntime : public Runtime {
  public:
    using Network = std::function<Expected<std::vector<float>>(const RunRequest&)>;
    explicit PlainRuntime(Network network) : network_(std::move(network)) {}

    void start(const RunRequest& request, Completion done) override {
        ++runs;
        clock_ += 1;
        auto answer = [this, request, done = std::move(done)] {
            auto output = network_(request);
            if (!output) {
                done(tl::make_unexpected(output.error()));
            } else {
                done(RunOutcome{std::move(*output), "plain", 1, ""});
            }
        };
        if (deferred) {
            waiting_ = std::move(answer);
        } else {
            answer();
        }
    }
    double now() const override { return clock_; }
    bool answer_next() {
        if (!waiting_) return false;
        const auto answer = std::exchange(waiting_, nullptr);
        answer();
        return true;
    }

    bool deferred = false;
    int runs = 0;

  private:
    Network network_;
    std::function<void()> waiting_;
    double clock_ = 0;
};

}  // namespace shapslice::testing
