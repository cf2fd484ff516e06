#include "image/labels.h"

#include <array>
#include <cstdio>
#include <map>

namespace shapslice {

namespace {

std::string value_words(float value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(value));
    return text;
}

}  // namespace

Expected<LabelMap> read_labels(std::string_view file_name, const Volume<float>& segmentation) {
    constexpr int kOldET = 4;  // BraTS before 2023
    LabelMap map;
    map.volume.grid = segmentation.grid;
    map.volume.voxels.resize(segmentation.voxels.size());
    std::array<std::size_t, kOldET + 1> counts{};
    std::map<float, std::size_t> others;
    for (std::size_t n = 0; n < segmentation.voxels.size(); ++n) {
        const float value = segmentation.voxels[n];
        const auto label = value >= 0 && value <= kOldET ? static_cast<std::uint8_t>(value) : std::uint8_t{255};
        if (label == 255 || static_cast<float>(label) != value) {
            ++others[value];
            if (others.size() > 64) break;  // not a label map at all
            continue;
        }
        ++counts[label];
        map.volume.voxels[n] = label;
    }
    const std::string file(file_name);
    if (!others.empty()) {
        const auto& [value, count] = *others.begin();
        return fail(file + ": label " + value_words(value) + " is in " + std::to_string(count) +
                    " voxels; expected 0 (background), 1 (NCR), 2 (ED) and 3 (ET), or 4 for ET in older files.");
    }
    if (counts[kOldET] > 0) {
        if (counts[3] > 0) {
            return fail(file + ": label 4 is in " + std::to_string(counts[kOldET]) + " voxels and label 3 in " +
                        std::to_string(counts[3]) + "; expected ET as 3 or, in older files, as 4, not both.");
        }
        for (std::uint8_t& label : map.volume.voxels) {
            if (label == kOldET) label = static_cast<std::uint8_t>(Label::ET);
        }
        map.notes.push_back(file + ": label 4 is read as ET, as in BraTS before 2023.");
    }
    return map;
}

}  // namespace shapslice
