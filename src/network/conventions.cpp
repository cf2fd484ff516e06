#include "network/conventions.h"

#include <algorithm>
#include <string>

namespace shapslice {

namespace {

std::string text(std::string_view view) {
    return std::string(view);
}

// What a network is run on: its own extents where it has any, the whole of BraTS' images for MONAI's bundle, else
// tiles large enough for a brain at 1 mm in eight.
std::array<int, 3> patch_of(const Convention& convention, const NetworkDescription& description) {
    constexpr int kOpenPatch = 128;
    const bool bundle = convention.library == Library::monai && description.family.architecture == "SegResNet";
    const std::array<int, 3> open = bundle ? std::array{240, 240, 160} : std::array{kOpenPatch, kOpenPatch, kOpenPatch};
    std::array<int, 3> patch{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const int fixed = description.extents[axis];
        const int multiple = description.multiple;
        patch[axis] = fixed ? fixed : (open[axis] + multiple - 1) / multiple * multiple;
    }
    return patch;
}

}  // namespace

std::span<const Convention> conventions() {
    using enum Contrast;
    static const std::vector<Convention> kConventions{
        {"labels",
         "labels, t1c t1n t2f t2w",
         Library::unknown,
         {t1c, t1n, t2f, t2w},
         "zyx",
         1,
         false,
         {"background", "NCR", "ED", "ET"}},
        // MONAI's model zoo, brats_mri_segmentation.
        {"monai", "MONAI BraTS bundle", Library::monai, {t1c, t1n, t2w, t2f}, "xyz", 1, true, {"TC", "WT", "ET"}},
        {"monai-labels",
         "MONAI, labels",
         Library::monai,
         {t1c, t1n, t2w, t2f},
         "xyz",
         1,
         false,
         {"background", "NCR", "ED", "ET"}},
        // nnU-Net's own conversion of BraTS (Dataset137).
        {"nnunet-labels",
         "nnU-Net, labels",
         Library::nnunet,
         {t1n, t1c, t2w, t2f},
         "zyx",
         1,
         false,
         {"background", "ED", "NCR", "ET"}},
        {"nnunet-regions",
         "nnU-Net, regions",
         Library::nnunet,
         {t1n, t1c, t2w, t2f},
         "zyx",
         1,
         true,
         {"WT", "TC", "ET"}},
    };
    return kConventions;
}

bool fits(const Convention& convention, const NetworkDescription& description) {
    return description.output_channels == 0 ||
           static_cast<std::size_t>(description.output_channels) == convention.outputs.size();
}

const Convention& guess_convention(const NetworkDescription& description) {
    const bool regions =
        description.output_channels ? description.output_channels == 3 : description.applied == Activation::sigmoid;
    const auto found = [&](bool of_library) {
        return std::find_if(conventions().begin(), conventions().end(), [&](const Convention& each) {
            return each.regions == regions && (!of_library || each.library == description.family.library);
        });
    };
    const bool known = description.family.library != Library::unknown;
    const auto of_library = known ? found(true) : conventions().end();
    return of_library == conventions().end() ? *found(false) : *of_library;
}

Json manifest_under(const Convention& convention, const NetworkDescription& description, std::string_view name) {
    Json contrasts = Json::array();
    for (const Contrast contrast : convention.contrasts)
        contrasts.push_back(kContrastNames[static_cast<std::size_t>(contrast)]);
    const bool fixed = description.extents[0] || description.extents[1] || description.extents[2];
    const char* activation = description.applied != Activation::none ? "none"
                             : convention.regions                    ? "sigmoid"
                                                                     : "softmax";
    // Both libraries paint regions one over the other where they exceed one half.
    const bool painted = convention.regions && convention.library != Library::unknown;
    Json manifest{
        {"schemaVersion", 1},
        {"id", text(name)},
        {"name", text(name)},
        {"architecture", description.family.architecture.empty() ? "dropped model" : description.family.architecture},
        {"description", "Opened by the user, read as: " + text(convention.name) + "." +
                            (description.in_halves ? " It computes in float16." : "")},
        {"contrasts", contrasts},
        {"axes", text(convention.axes)},
        {"spacing", {convention.spacing, convention.spacing, convention.spacing}},
        {"patch", patch_of(convention, description)},
        {"multiple", fixed ? 1 : description.multiple},
        {"fixedPatch", fixed},
        {"fieldOfView", convention.library == Library::monai ? "image" : "brain"},
        {"padding", description.family.library == Library::unknown ? "multiple" : "patch"},
        {"normalisation", "zscore-nonzero"},
        {"input", description.input},
        {"output", description.output},
        {"outputs",
         {{"kind", convention.regions ? "regions" : "labels"},
          {"activation", activation},
          {"channels", convention.outputs}}}};
    if (painted) manifest["outputs"]["decoding"] = "threshold";
    return manifest;
}

}  // namespace shapslice
