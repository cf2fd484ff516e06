// A model of the user's own, out of the files that were dropped together: which are read, and the manifest that
// follows.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "model_files/settings.h"
#include "network/conventions.h"
#include "network/describe.h"

namespace shapslice {

// How a model is to be read: settled by its model.json, or a guess that the user may change.
struct ModelGuess {
    std::string manifest_file;  // the model.json that was given; empty: the manifest is a guess
    Json manifest;
    std::string convention;                                        // id of the one that was guessed by
    std::vector<std::pair<std::string, std::string>> conventions;  // id and name of those that fit
    std::vector<std::string> remarks;                              // sentences for the user
};

// One after the other: texts(), add_text() for each, networks(), weights_of() and add_network() for each, guess().
// Every error is a sentence that names a file and ends the reading; nothing else changes. Files are known by path.
class ModelReading {
  public:
    explicit ModelReading(std::vector<std::string> paths);

    // The JSON files, to be read whole and added first. An error where no network and no manifest is among the files.
    Expected<std::vector<std::string>> texts() const;
    Expected<void> add_text(const std::string& path, std::string_view text);

    // The networks to add, a fold each, fold_2 before fold_10. None where a manifest says all there is to know.
    std::vector<std::string> networks() const;
    // Which of the files hold the weights of a network. An error names the one that is missing.
    Expected<std::vector<std::string>> weights_of(const std::string& path, std::span<const std::uint8_t> bytes) const;
    // `weights`: the files of weights_of(), by path. An error where it cannot be used, or is no fold of the same model
    // as the first.
    Expected<void> add_network(const std::string& path, std::span<const std::uint8_t> bytes,
                               const std::map<std::string, std::span<const std::uint8_t>>& weights);

    // Read under the convention of that id; "" for what the files beside it say, or for the one that fits best.
    Expected<ModelGuess> guess(std::string_view convention) const;

  private:
    struct Fold {
        std::string path;
        std::string sha256;             // of the .onnx
        std::string whole_sha256;       // of it and its weights, one after the other
        std::vector<std::string> data;  // as the graph names them
        NetworkDescription description;
    };
    Expected<ModelGuess> settled() const;
    Json folds_json() const;

    std::vector<std::string> paths_;
    std::string manifest_file_;
    Json manifest_;
    ModelSettings settings_;
    std::vector<Fold> folds_;
    std::vector<std::string> remarks_;
};

// The files of a fold among `paths`: the .onnx, then its weights. An error names the one that is missing.
Expected<std::vector<std::string>> fold_files(std::string_view manifest_file, const FoldModel& fold,
                                              std::span<const std::string> paths);

// What runs of a fold: `files` are those of fold_files(), in that order. Checks them against the manifest's sha256 and
// puts weights that lie beside the network into it; empty where the first of `files` is whole as it is. Errors name the
// file.
Expected<Bytes> whole_network(const FoldModel& fold, std::span<const std::span<const std::uint8_t>> files);

}  // namespace shapslice
