#include "network/family.h"

#include <algorithm>
#include <array>
#include <vector>

namespace shapslice {

namespace {

struct Signs {
    Library library;
    std::string_view architecture;
    std::array<std::string_view, 3> parts;  // each is part of some name; "" asks for nothing
};

// The first whose parts are all there. Module names are read from both libraries' sources.
constexpr Signs kSigns[]{
    {Library::nnunet, "ResidualEncoderUNet", {"encoder.stem.", "decoder.transpconvs.", "decoder.seg_layers."}},
    {Library::nnunet, "PlainConvUNet", {"encoder.stages.", "decoder.transpconvs.", "decoder.seg_layers."}},
    {Library::nnunet, "nnU-Net", {"encoder.stages.", "decoder.seg_layers.", ""}},
    {Library::nnunet, "nnU-Net v1", {"conv_blocks_context.", "conv_blocks_localization.", ""}},
    {Library::nnunet, "nnU-Net v1", {"conv_blocks_context.", "seg_outputs.", ""}},
    {Library::monai, "SegResNet", {"convInit.", "down_layers.", "conv_final."}},
    {Library::monai, "SegResNetDS", {"encoder.conv_init.", "encoder.layers.", "up_layers."}},
    {Library::monai, "SwinUNETR", {"swinViT.", "", ""}},
    {Library::monai, "UNETR", {"vit.patch_embedding.", "decoder2.", ""}},
    {Library::monai, "DynUNet", {"input_block.", "downsamples.", "upsamples."}},
    {Library::monai, "VNet", {"in_tr.", "down_tr", "out_tr."}},
    {Library::monai, "BasicUNet", {"conv_0.conv_0.", "upcat_1.", ""}},
    {Library::monai, "AttentionUnet", {".upconv.", ".attention.", ""}},
    {Library::monai, "AttentionUnet", {".upconv.up.", ".merge.", ""}},
    {Library::monai, "UNet", {".unit0.conv.", ".submodule.", ""}},
    {Library::monai, "UNet", {".unit0.conv.", ".adn.", ""}},
    {Library::monai, "UNet", {".unit0.conv.", "model.0.", ""}},
};

// Nodes are named by modules with "/" between them, weights with ".".
std::vector<std::string> dotted_names(const Network& network) {
    std::vector<std::string> names;
    for (const auto& tensor : network.graph().initializer()) names.push_back(tensor.name());
    for (const auto& node : network.graph().node()) {
        std::string name = node.name();
        std::replace(name.begin(), name.end(), '/', '.');
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace

Family family_of(const Network& network) {
    const std::vector<std::string> names = dotted_names(network);
    const auto some_name_has = [&](std::string_view part) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return name.find(part) != std::string::npos; });
    };
    for (const Signs& signs : kSigns) {
        if (std::all_of(signs.parts.begin(), signs.parts.end(), some_name_has))
            return {signs.library, std::string(signs.architecture)};
    }
    return {};
}

}  // namespace shapslice
