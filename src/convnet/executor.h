// Runs a plan. Memory for volumes is taken when it is made, for rows in the first run; later runs take none.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "convnet/kernels/stage_row.h"
#include "convnet/plan.h"

namespace shapslice::convnet {

class Executor {
  public:
    explicit Executor(Plan plan);

    const Plan& plan() const { return plan_; }
    // Bytes held while it lives: volumes, weights, rows.
    std::size_t bytes() const;

    // Told of each step's value once it is written: [k][j][i][channel], channels padded; nothing where it is in whole
    // numbers only.
    using Observer = std::function<void(const Value&, std::span<const float>)>;

    // `input` is [channels][k][j][i] as the network takes it, `output` the same as it gives it; sizes are the plan's.
    void run(std::span<const float> input, std::span<float> output, const Observer& observer = {});

    // Of each value in the order of plan().values how many elements the last run cut off when it rounded them to whole
    // numbers: they lay beyond the value's range.
    std::span<const std::uint64_t> clipped() const { return clipped_; }

  private:
    // A convolution's staged rows, of which most are used again for the next row of the output.
    template <class Element>
    struct Stage {
        std::vector<Element> rows;   // slots of `length` elements
        std::vector<int> holds;      // for each slot the row of the input it has; -1: none
        std::vector<Element> empty;  // a row of padding
        std::vector<const Element*> pointers;
        std::size_t length = 0;
    };

    struct Window;

    void run_step(const Step& step, std::span<const float> input);
    void prepare_norm(const Step& step);
    void finish(const Step& step, int k, int j, float* row);
    void produce(const Step& step, std::span<const float> input, int k, int j, float* row);
    void read_input(const Value& made, std::span<const float> input, int k, int j, float* row) const;
    void copy(const Copy& step, const Value& made, int k, int j, float* row);
    void pool(const Pool& step, const Value& made, int k, int j, float* row);
    void interpolate(const Interpolate& step, int k, int j, float* row);
    void multiply(const Multiply& step, const Value& made, int k, int j, float* row);
    // How a row of a source lies staged: as it is, or in tiles for Winograd's convolution.
    struct Staging {
        RowStaging row;
        int tiles = 0;  // 0: as it is
    };
    template <class Element>
    const Element* const* stage_window(Stage<Element>& stage, const Source& source, const Staging& staging,
                                       const Window& window);
    template <class Element>
    void stage_one(const Source& source, const Staging& staging, int k, int j, Element* to);
    void convolve(const Convolve& step, const Value& made, int k, int j, float* row);
    template <class Element>
    void convolve_source(const Convolve& step, std::size_t part, const std::vector<PackedFilters<Element>>& filters,
                         const Value& made, int k, int j, float* row);
    template <class Element>
    void convolve_doubled(const Convolve& step, std::size_t part, const std::vector<PackedFilters<Element>>& filters,
                          const Value& made, int k, int j, float* row);
    void convolve_winograd(const Convolve& step, std::size_t part,
                           const std::vector<PackedFilters<std::int16_t>>& filters, const Value& made, int k, int j,
                           float* row);
    template <class Element>
    void transpose_blocks(const ConvolveTransposed& step, const std::vector<PackedFilters<Element>>& filters, int k,
                          int j, float* row);
    template <class Element>
    void transpose_phases(const ConvolveTransposed& step, const std::vector<PackedFilters<Element>>& filters,
                          const Value& made, int k, int j, float* row);
    template <class Element>
    std::vector<Stage<Element>>& stages();
    void reset_stages();
    void size_scratch();

    float* real(const Value& value);
    template <class Element>
    Element* whole(const Value& value);
    const float* real_row(const Source& source, int k, int j, std::vector<float>& scratch);

    Plan plan_;
    std::vector<std::byte> memory_;
    std::vector<std::uint64_t> clipped_;
    std::vector<std::vector<double>> sums_;  // a value's channels, for its moments
    std::vector<std::vector<double>> square_sums_;
    std::vector<Stage<float>> real_stages_;  // a source of the widest convolution
    std::vector<Stage<std::int16_t>> wide_stages_;
    std::vector<Stage<std::int8_t>> narrow_stages_;
    std::vector<float> row_, added_;
    std::vector<std::int16_t> untransformed_;  // a staged row before Winograd's transform
    std::vector<const std::int16_t*> winograd_rows_;
    std::vector<float> winograd_parts_;
    std::vector<std::vector<float>> gathered_;  // rows for pooling and interpolation
    std::vector<const float*> gathered_at_;
    std::vector<float> norm_scale_, norm_shift_;
};

}  // namespace shapslice::convnet
