#include "convnet/kernels/finish_row.h"

#include <cmath>

#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

// Four channels of all voxels. The kind of activation is known outside of the loop over voxels.
template <bool kAdds, bool kLeaks>
void finish_channels(float* row, int voxels, int padded, int channel, const RowFinish& finish) {
    const f32x4 scale = load<f32x4>(finish.scale + channel);
    const f32x4 shift = load<f32x4>(finish.shift + channel);
    const f32x4 slope = kLeaks ? load<f32x4>(finish.slopes + channel) : f32x4{};
    for (int at = channel; at < voxels * padded; at += padded) {
        f32x4 value = load<f32x4>(row + at) * scale + shift;
        if (kAdds) value += load<f32x4>(finish.added + at);
        if (kLeaks) value = value > f32x4{} ? value : value * slope;
        store(row + at, value);
    }
}

void sigmoid(float* row, int count) {
    for (int n = 0; n < count; ++n) row[n] = 1 / (1 + std::exp(-row[n]));
}

void softmax(float* row, int voxels, int channels, int padded) {
    for (int v = 0; v < voxels; ++v, row += padded) {
        float largest = row[0];
        for (int c = 1; c < channels; ++c) largest = std::max(largest, row[c]);
        float total = 0;
        for (int c = 0; c < channels; ++c) total += row[c] = std::exp(row[c] - largest);
        for (int c = 0; c < channels; ++c) row[c] /= total;
    }
}

// A row's sums are of few enough voxels for floats; rows are added up as doubles.
void add_up(const float* row, int voxels, int padded, double* sums, double* square_sums) {
    for (int channel = 0; channel < padded; channel += kLanes) {
        f32x4 sum{};
        f32x4 square_sum{};
        for (int at = channel; at < voxels * padded; at += padded) {
            const f32x4 value = load<f32x4>(row + at);
            sum += value;
            square_sum += value * value;
        }
        for (int lane = 0; lane < kLanes; ++lane) {
            sums[channel + lane] += static_cast<double>(sum[lane]);
            square_sums[channel + lane] += static_cast<double>(square_sum[lane]);
        }
    }
}

}  // namespace

void finish_row(float* row, int voxels, int channels, const RowFinish& finish) {
    const int padded = padded_channels(channels);
    const bool leaks = finish.activation == ActivationKind::leaky;
    const auto finish_four = finish.added ? (leaks ? finish_channels<true, true> : finish_channels<true, false>)
                                          : (leaks ? finish_channels<false, true> : finish_channels<false, false>);
    for (int channel = 0; channel < padded; channel += kLanes) finish_four(row, voxels, padded, channel, finish);
    if (finish.activation == ActivationKind::sigmoid) sigmoid(row, voxels * padded);
    if (finish.activation == ActivationKind::softmax) softmax(row, voxels, channels, padded);
    if (finish.sums) add_up(row, voxels, padded, finish.sums, finish.square_sums);
}

namespace {

template <class Four, class Element>
int quantise(const float* row, int count, const Quantisation& quantisation, Element* to) {
    const f32x4 factor = splat(1 / quantisation.scale);
    // Numbers from 0 up are rounded by cutting what half a step was added to.
    const f32x4 zero = splat(static_cast<float>(quantisation.zero) + 0.5f);
    const f32x4 most = splat(static_cast<float>(quantisation.largest));
    const f32x4 beyond = splat(static_cast<float>(quantisation.largest) + 1);
    i32x4 inside{};  // a comparison is -1 where it holds
    for (int n = 0; n < count; n += kLanes) {
        const f32x4 steps = load<f32x4>(row + n) * factor + zero;
        inside += (steps >= f32x4{}) & (steps < beyond);
        const f32x4 kept = at_most(at_least(steps, f32x4{}), most);
        store(to + n, __builtin_convertvector(__builtin_convertvector(kept, i32x4), Four));
    }
    return count + inside[0] + inside[1] + inside[2] + inside[3];
}

}  // namespace

int quantise_row(const float* row, int count, const Quantisation& quantisation, std::int8_t* to) {
    return quantise<i8x4>(row, count, quantisation, to);
}

int quantise_row(const float* row, int count, const Quantisation& quantisation, std::int16_t* to) {
    return quantise<i16x4>(row, count, quantisation, to);
}

}  // namespace shapslice::convnet
