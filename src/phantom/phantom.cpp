#include "phantom/phantom.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "phantom/anatomy.h"
#include "phantom/tumour.h"

namespace shapslice {

namespace {

// Intensities relative to white matter's neighbourhood, per contrast, as medians over real cases (BraTS-Africa) show
// them for the tumour's labels and textbooks for healthy tissue.
struct Signal {
    PerContrast<float> tissue[kTissues];  // indexed by Tissue
    PerContrast<float> ncr, ed, et;
};
//                                            t1c     t1n     t2f     t2w
constexpr Signal kSignal{{{0, 0, 0, 0},
                          {0.42f, 0.38f, 0.38f, 1.95f},   // cerebrospinal fluid
                          {0.93f, 0.88f, 1.08f, 1.15f},   // cortex
                          {1.06f, 1.08f, 0.95f, 0.90f},   // white matter
                          {1.00f, 0.98f, 1.04f, 1.00f},   // deep grey matter
                          {1.95f, 0.80f, 0.55f, 0.60f}},  // vessels: bright after gadolinium
                         {0.74f, 0.72f, 1.02f, 2.05f},
                         {0.90f, 0.91f, 1.46f, 1.55f},
                         {1.72f, 0.92f, 1.36f, 1.48f}};

// Scanner units of relative intensity 1.
constexpr PerContrast<float> kGain{520, 480, 430, 560};

// 3-D smoothing by (1 2 1)/4 along an axis, in place: partial volume of a voxel's neighbours.
void smooth_axis(std::vector<float>& voxels, const Shape& shape, std::size_t axis) {
    const auto extent = static_cast<std::size_t>(shape[axis]);
    std::size_t step = 1;
    for (std::size_t n = 0; n < axis; ++n) step *= static_cast<std::size_t>(shape[n]);
    // `step` lines side by side, so that memory is read in its order.
    std::vector<float> before(step);
    for (std::size_t block = 0; block < voxels.size(); block += step * extent) {
        std::copy_n(&voxels[block], step, before.data());
        for (std::size_t n = 0; n < extent; ++n) {
            float* const row = &voxels[block + n * step];
            const float* const next = n + 1 < extent ? row + step : row;
            for (std::size_t line = 0; line < step; ++line) {
                const float old = row[line];
                row[line] = 0.25f * before[line] + 0.5f * old + 0.25f * next[line];
                before[line] = old;
            }
        }
    }
}

// Everything drawn once for a patient.
struct Patient {
    Anatomy anatomy;
    Tumour tumour;
    NoiseField texture, heterogeneity;
    std::array<NoiseField, kContrasts> bias;
    PerContrast<float> gain{};
    float lesion_strength;

    explicit Patient(std::uint64_t seed)
        : anatomy(mix(seed * 16 + 1)),
          tumour(mix(seed * 16 + 2), anatomy),
          texture(mix(seed * 16 + 3), 6),
          heterogeneity(mix(seed * 16 + 4), 9),
          bias{NoiseField(mix(seed * 16 + 5), 130), NoiseField(mix(seed * 16 + 6), 130),
               NoiseField(mix(seed * 16 + 7), 130), NoiseField(mix(seed * 16 + 8), 130)} {
        Random random(mix(seed * 16 + 9));
        for (std::size_t c = 0; c < kContrasts; ++c)
            gain[c] = kGain[c] * static_cast<float>(random.between(0.75, 1.35));
        lesion_strength = seed == 1 ? 1.0f : static_cast<float>(random.between(0.7, 1.1));
    }
};

// Relative intensity of a label over healthy tissue, seen as `settings.visibility` says. ED is blended towards the
// healthy tissue beneath, ET towards what ED looks like there, NCR towards what ET looks like: each label's own
// surroundings.
float label_signal(Label label, float healthy, std::size_t c, float mottle, const Patient& patient,
                   const PhantomSettings& settings) {
    const auto seen = [&](Label of) {
        return static_cast<float>(settings.visibility[static_cast<std::size_t>(of) - 1][c]);
    };
    const auto towards = [](float under, float over, float share) { return under + (over - under) * share; };
    if (label == Label::background) return healthy;
    const float strength = patient.lesion_strength;
    const float oedema =
        towards(healthy, towards(healthy, kSignal.ed[c] * (1 + 0.06f * mottle), strength), seen(Label::ED));
    if (label == Label::ED) return oedema;
    const float rim = towards(oedema, towards(1.0f, kSignal.et[c], strength) * (1 + 0.12f * mottle), seen(Label::ET));
    if (label == Label::ET) return rim;
    return towards(rim, kSignal.ncr[c] * (1 + 0.14f * mottle), seen(Label::NCR));
}

Grid phantom_grid(const Shape& asked) {
    constexpr Shape kFull{240, 240, 155};
    constexpr int kLeast = 32;
    Grid grid;
    double scale = 1e9;  // voxels a millimetre
    for (std::size_t axis = 0; axis < 3; ++axis) {
        grid.shape[axis] = std::max(kLeast, asked[axis]);
        scale = std::min(scale, static_cast<double>(grid.shape[axis]) / kFull[axis]);
    }
    for (int axis = 0; axis < 3; ++axis) {
        grid.affine(axis, axis) = 1 / scale;
        grid.affine(axis, 3) = -0.5 * (grid.shape[static_cast<std::size_t>(axis)] - 1) / scale;
    }
    return grid;
}

// All that decides the voxels, in full precision.
std::string words_of(const PhantomSettings& settings) {
    std::string words = "phantom " + std::to_string(settings.seed);
    for (const int extent : settings.shape) words += " " + std::to_string(extent);
    const auto add = [&](double value) {
        char text[32];
        std::snprintf(text, sizeof text, " %.17g", value);
        words += text;
    };
    for (const PerContrast<double>& of_label : settings.visibility)
        std::for_each(of_label.begin(), of_label.end(), add);
    add(settings.noise);
    add(settings.bias_field);
    return words;
}

}  // namespace

Case make_phantom(const PhantomSettings& settings) {
    const Patient patient(settings.seed);
    Case subject;
    subject.name = "Synthetic patient";
    subject.synthetic = true;
    subject.grid = phantom_grid(settings.shape);
    subject.layout = plain_layout(subject.grid);
    const Grid& grid = subject.grid;
    for (auto& voxels : subject.voxels) voxels.assign(grid.size(), 0.0f);
    std::vector<std::uint8_t> labels(grid.size(), 0);
    std::vector<std::uint8_t> brain(grid.size(), 0);

    const auto spacing = static_cast<float>(grid.affine(0, 0));
    const auto coordinate = [&](int n, std::size_t axis) {
        return (static_cast<float>(n) - 0.5f * static_cast<float>(grid.shape[axis] - 1)) * spacing;
    };
    std::size_t at = 0;
    for (int k = 0; k < grid.shape[2]; ++k) {
        for (int j = 0; j < grid.shape[1]; ++j) {
            for (int i = 0; i < grid.shape[0]; ++i, ++at) {
                const Point p{coordinate(i, 0), coordinate(j, 1), coordinate(k, 2)};
                if (ellipsoid_distance(p, {0, 0, -4}, {80, 98, 84}) > 0) continue;  // nothing reaches further
                const Anatomy::Place place = patient.anatomy.at(patient.tumour.before(p));
                if (place.tissue == Tissue::outside) continue;
                const Label label = patient.tumour.at(p, place);
                brain[at] = 1;
                labels[at] = static_cast<std::uint8_t>(label);
                const float grain = patient.texture.at(p);
                const float mottle = label == Label::background ? 0 : patient.heterogeneity.at(p) + 0.5f * grain;
                for (std::size_t c = 0; c < kContrasts; ++c) {
                    const float healthy =
                        kSignal.tissue[static_cast<std::size_t>(place.tissue)][c] * (1 + 0.035f * grain);
                    subject.voxels[c][at] = label_signal(label, healthy, c, mottle, patient, settings);
                }
            }
        }
    }

    for (std::size_t c = 0; c < kContrasts; ++c) {
        std::vector<float>& voxels = subject.voxels[c];
        for (std::size_t axis = 0; axis < 3; ++axis) smooth_axis(voxels, grid.shape, axis);
        const float noise = 0.028f * static_cast<float>(settings.noise);
        at = 0;
        for (int k = 0; k < grid.shape[2]; ++k) {
            for (int j = 0; j < grid.shape[1]; ++j) {
                for (int i = 0; i < grid.shape[0]; ++i, ++at) {
                    if (!brain[at]) {
                        voxels[at] = 0;
                        continue;
                    }
                    const Point p{coordinate(i, 0), coordinate(j, 1), coordinate(k, 2)};
                    const float bias = 1 + 0.16f * static_cast<float>(settings.bias_field) * patient.bias[c].at(p);
                    // Magnitude of a complex signal with normal noise in both parts (Rician).
                    const std::uint64_t key = (settings.seed * 8 + c) << 32 | at;
                    const float real = voxels[at] * bias + noise * normal_of(2 * key);
                    const float imaginary = noise * normal_of(2 * key + 1);
                    const float magnitude = std::sqrt(real * real + imaginary * imaginary);
                    voxels[at] = std::max(1.0f, std::floor(magnitude * patient.gain[c] + 0.5f));
                }
            }
        }
        subject.files.push_back({std::string(kContrastNames[c]) + " (synthetic)", static_cast<FileRole>(c), ""});
    }
    subject.files.push_back({"reference (synthetic)", FileRole::segmentation, ""});
    subject.reference = std::move(labels);
    subject.made_from = words_of(settings);
    subject.notices.push_back(
        {NoticeKind::note, "", "Made by the program, not a patient: seed " + std::to_string(settings.seed) + "."});
    return subject;
}

}  // namespace shapslice
