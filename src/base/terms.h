// The words everything else is said in: contrasts, labels, regions, coalitions (METHOD 1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shapslice {

// The players of the game, in the order of the coalition mask's bits (METHOD 1.1).
enum class Contrast : std::uint8_t { t1c = 0, t1n = 1, t2f = 2, t2w = 3 };
inline constexpr int kContrasts = 4;
inline constexpr std::array<std::string_view, kContrasts> kContrastNames{"t1c", "t1n", "t2f", "t2w"};
// As a radiologist writes them.
inline constexpr std::array<std::string_view, kContrasts> kContrastTitles{"T1c", "T1n", "T2-FLAIR", "T2w"};

// Voxel labels, BraTS 2023 and later (METHOD 1.2).
enum class Label : std::uint8_t { background = 0, NCR = 1, ED = 2, ET = 3 };
inline constexpr int kLabels = 4;
inline constexpr std::array<std::string_view, kLabels> kLabelNames{"background", "NCR", "ED", "ET"};

// Scored regions (METHOD 1.3): the disjoint three of the papers, then the two BraTS unions.
enum class Region : std::uint8_t { ET = 0, NCR = 1, ED = 2, TC = 3, WT = 4 };
inline constexpr int kRegions = 5;
inline constexpr int kDisjointRegions = 3;
inline constexpr std::array<std::string_view, kRegions> kRegionNames{"ET", "NCR", "ED", "TC", "WT"};
inline constexpr std::array<std::string_view, kRegions> kRegionTitles{"enhancing tumour", "necrotic core", "oedema",
                                                                      "tumour core", "whole tumour"};

// A coalition: bit i is set when contrast i is given to the model (METHOD 1.1).
using Coalition = std::uint8_t;
inline constexpr int kCoalitions = 1 << kContrasts;
inline constexpr Coalition kNoContrast = 0;
inline constexpr Coalition kAllContrasts = kCoalitions - 1;

constexpr bool contains(Coalition coalition, int contrast) {
    return (coalition >> contrast) & 1;
}
constexpr Coalition with(Coalition coalition, int contrast) {
    return coalition | static_cast<Coalition>(1 << contrast);
}

// True when a voxel with this label belongs to the region.
constexpr bool in_region(std::uint8_t label, Region region) {
    switch (region) {
        case Region::NCR:
            return label == 1;
        case Region::ED:
            return label == 2;
        case Region::ET:
            return label == 3;
        case Region::TC:
            return label == 1 || label == 3;
        case Region::WT:
            return label != 0;
    }
    return false;
}

template <class T>
using PerContrast = std::array<T, kContrasts>;
template <class T>
using PerRegion = std::array<T, kRegions>;
template <class T>
using PerCoalition = std::array<T, kCoalitions>;

}  // namespace shapslice
