// What lies beside a network, plans.json, dataset.json, metadata.json or inference.json, two texts parted by an empty
// line: read, or refused with a sentence that names the file. What plans.json says without inheriting is what a plain
// reading of the same JSON says, and the manifest that follows is taken or refused with a sentence.
#include <cmath>

#include "inference/manifest.h"
#include "input.h"
#include "model_files/model_reading.h"
#include "model_files/settings.h"
#include "network/network.h"

using namespace shapslice;

namespace {

using OrderedJson = nlohmann::ordered_json;

void describe_tensor(onnx::ValueInfoProto& value, const char* name, int channels) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    tensor.mutable_shape()->add_dim()->set_dim_value(1);
    tensor.mutable_shape()->add_dim()->set_dim_value(channels);
    for (int axis = 0; axis < 3; ++axis) tensor.mutable_shape()->add_dim()->set_dim_param("open");
}

// One convolution of a voxel, from four channels to so many.
Bytes network_to(int channels) {
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    auto& graph = *model.mutable_graph();
    describe_tensor(*graph.add_input(), "image", 4);
    describe_tensor(*graph.add_output(), "logits", channels);
    auto& weights = *graph.add_initializer();
    weights.set_name("decoder.seg_layers.1.weight");
    weights.set_data_type(onnx::TensorProto::FLOAT);
    for (const int extent : {channels, 4, 1, 1, 1}) weights.add_dims(extent);
    for (int n = 0; n < 4 * channels; ++n) weights.add_float_data(0.5f);
    auto& node = *graph.add_node();
    node.set_op_type("Conv");
    node.add_input("image");
    node.add_input(weights.name());
    node.add_output("logits");
    const std::string text = model.SerializeAsString();
    return {text.begin(), text.end()};
}

// The networks of plans.json that inherit nothing are there with the patch and spacing that are written, in their
// order.
void check_plans(const std::string& text, const ModelSettings& settings) {
    const OrderedJson json = OrderedJson::parse(text, nullptr, false);
    std::size_t next = 0;
    for (const auto& [name, network] : json["configurations"].items()) {
        const bool plain = network.is_object() && !network.contains("inherits_from");
        if (!plain || !network.contains("patch_size") || network["patch_size"].size() != 3) continue;
        while (next < settings.networks.size() && settings.networks[next].name != name) ++next;
        fuzz::must(next < settings.networks.size());
        const PlannedNetwork& found = settings.networks[next];
        for (std::size_t axis = 0; axis < 3; ++axis) {
            fuzz::must(OrderedJson(found.patch[axis]) == network["patch_size"][axis]);
            fuzz::must(found.spacing[axis] == network["spacing"][axis].get<double>());
        }
    }
    for (const PlannedNetwork& each : settings.networks) fuzz::must(each.multiple >= 0 && each.multiple <= 1024);
    fuzz::must(settings.axes.size() == 3);
}

void check_settings(const std::string& file, const std::string& text) {
    const OrderedJson json = OrderedJson::parse(text, nullptr, false);
    if (json.is_discarded()) return;
    const SettingsFile kind = settings_file(file, json);
    if (kind == SettingsFile::manifest || kind == SettingsFile::unknown) return;
    ModelSettings settings;
    if (const auto taken = take_settings(kind, file, json, settings); !taken) {
        fuzz::must(taken.error().sentence.starts_with(file));
        return;
    }
    fuzz::must(settings.any());
    if (kind == SettingsFile::plans) check_plans(text, settings);
    for (const std::string& remark : settings.remarks) fuzz::must(remark.starts_with(file));
}

// The manifest under what the files say, or under a convention that the user chose instead.
void check_guess(const ModelReading& reading, std::string_view convention) {
    const auto guess = reading.guess(convention);
    if (!guess) {
        fuzz::must(guess.error().sentence.size() > 20);
        return;
    }
    const auto manifest = read_manifest("model.json", guess->manifest);
    if (!manifest) fuzz::must(manifest.error().sentence.starts_with("model.json: "));
    for (const std::string& remark : guess->remarks) fuzz::must(!remark.empty() && remark.back() == '.');
    for (std::size_t axis = 0; manifest && axis < 3; ++axis)
        fuzz::must(std::isfinite(manifest->spacing[axis]) && manifest->spacing[axis] > 0 && manifest->patch[axis] > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const std::array kNetworks{network_to(4), network_to(3), network_to(5)};
    const std::string_view whole = fuzz::text_of({bytes, size});
    const std::size_t parting = std::min(whole.find("\n\n"), whole.size());
    const std::string first(whole.substr(0, parting));
    const std::string second(whole.substr(std::min(parting + 2, whole.size())));
    check_settings("m/plans.json", first);
    check_settings("m/dataset.json", second);
    for (const Bytes& network : kNetworks) {
        ModelReading reading({"m/plans.json", "m/dataset.json", "m/fold_0.onnx"});
        fuzz::must(reading.texts().has_value());
        if (!reading.add_text("m/plans.json", first)) return 0;  // an error ends the reading
        if (!second.empty() && !reading.add_text("m/dataset.json", second)) return 0;
        if (!reading.add_network("m/fold_0.onnx", network, {})) continue;
        check_guess(reading, "");
        for (const Convention& each : conventions()) check_guess(reading, each.id);
    }
    return 0;
}
