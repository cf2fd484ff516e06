// Which of the files that were dropped belong to a model.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shapslice {

enum class ModelFileKind {
    network,   // .onnx, in any case of letters
    json,      // a manifest, or what a library says of its model
    other,     // weights beside the .onnx, or nothing of ours
    unusable,  // a model in a format that is not ONNX
};
ModelFileKind model_file_kind(std::string_view path);

// Whether files are meant as a model, not as a case: an .onnx is among them, or no image is, but a model of another
// format or a library's description of one.
bool is_model_drop(std::span<const std::string> paths);

// What is said of a model that is not ONNX: what the file is, and what to do.
std::string unusable_model(std::string_view path);

// The name of the file without its folders, and without ".onnx" behind it.
std::string bare_name(std::string_view path);
std::string network_stem(std::string_view path);
// The path of a file of that name in the folder of `path`.
std::string beside(std::string_view path, std::string_view name);

// The one of `paths` that a model means by `name`: beside `from` if it is there, else the only one that ends with it;
// "" where there is none, or more than one.
std::string find_file(std::span<const std::string> paths, std::string_view from, std::string_view name);

}  // namespace shapslice
