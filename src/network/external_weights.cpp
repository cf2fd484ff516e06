#include "network/external_weights.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

namespace shapslice {

namespace {

constexpr std::uint64_t kMostBytes = INT32_MAX;  // protobuf's own limit

bool is_external(const onnx::TensorProto& tensor) {
    return tensor.data_location() == onnx::TensorProto::EXTERNAL;
}

// Initialisers, and the values of Constant nodes.
void each_tensor(onnx::GraphProto& graph, const std::function<void(onnx::TensorProto&)>& visit) {
    for (auto& tensor : *graph.mutable_initializer()) visit(tensor);
    for (auto& node : *graph.mutable_node()) {
        for (auto& attribute : *node.mutable_attribute()) {
            if (attribute.has_t()) visit(*attribute.mutable_t());
        }
    }
}

std::string entry(const onnx::TensorProto& tensor, std::string_view key) {
    for (const auto& each : tensor.external_data()) {
        if (each.key() == key) return each.value();
    }
    return "";
}

std::string bare_name(const std::string& location) {
    const std::size_t slash = location.find_last_of("/\\");
    return slash == std::string::npos ? location : location.substr(slash + 1);
}

// A count of bytes; `otherwise` where there is none, nothing where it is no number.
std::optional<std::uint64_t> bytes_of(const std::string& text, std::uint64_t otherwise) {
    if (text.empty()) return otherwise;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Bytes that the tensor's extents and type ask for; 0 where this program does not know the type.
std::uint64_t wanted_bytes(const onnx::TensorProto& tensor) {
    Weights shape{tensor.data_type(), Extents(tensor.dims().begin(), tensor.dims().end()), {}};
    return static_cast<std::uint64_t>(shape.element_size()) * shape.count();
}

Expected<onnx::ModelProto> parse_model(std::string_view file_name, std::span<const std::uint8_t> bytes) {
    onnx::ModelProto model;
    const bool fits = !bytes.empty() && bytes.size() <= kMostBytes;
    if (!fits || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return tl::make_unexpected(no_network(file_name));
    return model;
}

Expected<void> embed(onnx::TensorProto& tensor, const std::map<std::string, std::span<const std::uint8_t>>& files) {
    const std::string file = bare_name(entry(tensor, "location"));
    const std::string weights = "the weights \"" + tensor.name() + "\"";
    const auto found = files.find(file);
    if (found == files.end())
        return fail(weights + " are in the file " + file + ", which is not among those given; drop both together");
    const std::uint64_t wanted = wanted_bytes(tensor);
    const auto offset = bytes_of(entry(tensor, "offset"), 0);
    const auto length = bytes_of(entry(tensor, "length"), wanted);
    if (!offset || !length)
        return fail(weights + " have a place in " + file + " that is no number; export the model again");
    if (wanted != 0 && *length != wanted) {
        return fail(weights + " are said to take " + std::to_string(*length) + " bytes of " + file + "; expected " +
                    std::to_string(wanted));
    }
    const std::uint64_t size = found->second.size();
    if (*offset > size || *length > size - *offset) {
        return fail(weights + " end at byte " + std::to_string(*offset + *length) + " of " + file + ", which has " +
                    std::to_string(size) + "; it is cut short or belongs to another model");
    }
    tensor.set_raw_data(found->second.data() + *offset, static_cast<std::size_t>(*length));
    tensor.clear_external_data();
    tensor.clear_data_location();
    return {};
}

}  // namespace

Expected<std::vector<std::string>> weight_files(std::string_view file_name, std::span<const std::uint8_t> bytes) {
    auto model = parse_model(file_name, bytes);
    if (!model) return tl::make_unexpected(model.error());
    std::vector<std::string> files;
    each_tensor(*model->mutable_graph(), [&](const onnx::TensorProto& tensor) {
        if (!is_external(tensor)) return;
        const std::string file = bare_name(entry(tensor, "location"));
        if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    });
    return files;
}

Expected<Bytes> embed_weights(std::string_view file_name, std::span<const std::uint8_t> bytes,
                              const std::map<std::string, std::span<const std::uint8_t>>& files) {
    const std::string name(file_name);
    auto model = parse_model(file_name, bytes);
    if (!model) return tl::make_unexpected(model.error());
    std::uint64_t whole = bytes.size();
    for (const auto& [file, content] : files) whole += content.size();
    if (whole > kMostBytes) {
        return fail(name + ": with its weights the network has " + std::to_string(whole / 1'000'000) +
                    " MB; a page can open at most 2147 MB. Export it in float16, or a smaller one.");
    }
    std::string problem;
    each_tensor(*model->mutable_graph(), [&](onnx::TensorProto& tensor) {
        if (!problem.empty() || !is_external(tensor)) return;
        if (const auto done = embed(tensor, files); !done) problem = done.error().sentence;
    });
    if (!problem.empty()) return fail(name + ": " + problem + ".");
    Bytes embedded(model->ByteSizeLong());
    model->SerializeToArray(embedded.data(), static_cast<int>(embedded.size()));
    return embedded;
}

}  // namespace shapslice
