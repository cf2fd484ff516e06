#include "model_files/file_kinds.h"

#include <algorithm>
#include <array>

#include "intake/file_kind.h"
#include "intake/name_words.h"

namespace shapslice {

namespace {

struct OtherFormat {
    std::string_view extension;
    std::string_view what;
};

constexpr std::array<OtherFormat, 22> kOtherFormats{{
    {".pt", "a PyTorch file"},
    {".pth", "a PyTorch file"},
    {".pth.tar", "a PyTorch file"},
    {".ts", "a TorchScript file"},
    {".torchscript", "a TorchScript file"},
    {".ckpt", "a checkpoint of a training"},
    {".model", "a checkpoint of a training"},
    {".safetensors", "a file of weights without their network"},
    {".bin", "a file of weights without their network"},
    {".h5", "a Keras or HDF5 file"},
    {".hdf5", "a Keras or HDF5 file"},
    {".keras", "a Keras file"},
    {".tflite", "a TensorFlow Lite file"},
    {".pb", "a TensorFlow file"},
    {".pkl", "a Python pickle"},
    {".pickle", "a Python pickle"},
    {".joblib", "a Python pickle"},
    {".mlmodel", "a Core ML file"},
    {".mlpackage", "a Core ML file"},
    {".engine", "a TensorRT file"},
    {".trt", "a TensorRT file"},
    {".pt2", "a PyTorch file"},
}};

const OtherFormat* other_format(std::string_view path) {
    const std::string name = lower_case(bare_name(path));
    const auto at = std::find_if(kOtherFormats.begin(), kOtherFormats.end(), [&](const OtherFormat& each) {
        return name.size() > each.extension.size() && name.ends_with(each.extension);
    });
    return at == kOtherFormats.end() ? nullptr : &*at;
}

bool is_image(std::string_view path) {
    switch (kind_of(take_apart(path))) {
        case FileKind::nifti:
        case FileKind::nifti_header:
        case FileKind::nifti_voxels:
        case FileKind::archive:
            return true;
        default:
            return false;
    }
}

// Written beside a network, never beside a case alone. dataset.json is written beside both.
bool describes_a_model(std::string_view path) {
    const std::string name = lower_case(bare_name(path));
    return name == "plans.json" || name == "metadata.json" || name == "model.json";
}

}  // namespace

std::string bare_name(std::string_view path) {
    const std::size_t slash = path.find_last_of("/\\");
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string network_stem(std::string_view path) {
    std::string name = bare_name(path);
    if (lower_case(name).ends_with(".onnx")) name.resize(name.size() - 5);
    return name;
}

std::string beside(std::string_view path, std::string_view name) {
    const std::size_t slash = path.find_last_of("/\\");
    return std::string(slash == std::string_view::npos ? "" : path.substr(0, slash + 1)) + std::string(name);
}

ModelFileKind model_file_kind(std::string_view path) {
    const std::string name = lower_case(bare_name(path));
    if (name.ends_with(".onnx")) return ModelFileKind::network;
    if (name.ends_with(".json")) return ModelFileKind::json;
    return other_format(path) ? ModelFileKind::unusable : ModelFileKind::other;
}

bool is_model_drop(std::span<const std::string> paths) {
    const auto any = [&](auto&& test) { return std::any_of(paths.begin(), paths.end(), test); };
    if (any([](const std::string& path) { return model_file_kind(path) == ModelFileKind::network; })) return true;
    if (any([](const std::string& path) { return is_image(path); })) return false;
    return any([](const std::string& path) {
        return model_file_kind(path) == ModelFileKind::unusable || describes_a_model(path);
    });
}

std::string unusable_model(std::string_view path) {
    const OtherFormat* format = other_format(path);
    return std::string(path) + ": this is " + std::string(format ? format->what : "no ONNX model") +
           "; expected an .onnx file. docs/models.md has recipes that export a MONAI bundle or a trained nnU-Net "
           "folder "
           "to one.";
}

std::string find_file(std::span<const std::string> paths, std::string_view from, std::string_view name) {
    const std::string there = beside(from, name);
    if (std::find(paths.begin(), paths.end(), there) != paths.end()) return there;
    const auto found_as = [&](const std::string& wanted) {
        std::string only;
        for (const std::string& path : paths) {
            if (path != wanted && !path.ends_with("/" + wanted)) continue;
            if (!only.empty()) return std::string();
            only = path;
        }
        return only;
    };
    const std::string whole = found_as(std::string(name));
    return whole.empty() ? found_as(bare_name(name)) : whole;
}

}  // namespace shapslice
