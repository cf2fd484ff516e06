// The seam between the study and whatever runs a network: ONNX Runtime Web in the page, ONNX Runtime under Node, a
// plain C++ function in tests.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/precision.h"
#include "image/grid.h"
#include "inference/labelling.h"

namespace shapslice {

// One forward pass. The input is [1][channels][k][j][i], i fastest; it must stay valid until `done` is called.
struct RunRequest {
    std::string model_id;
    int fold = 0;
    int channels = 0;
    Shape shape{0, 0, 0};  // i, j, k
    std::span<const float> input;
    bool fast = false;  // not in float32, on the program's own engine (docs/ENGINE.md)
    // Not empty: the runtime makes the coalition itself while it reads (Runtime::masks). `input` then has all channels,
    // `present` says of each whether the coalition has it (else 0), and what it lacks is that of `absent`, or 0 where
    // that is empty.
    std::vector<int> present;
    std::span<const float> absent;
    std::uint64_t image = 0;  // the same for requests with the same `input` and `absent`; for masks only
    // Not null: the runtime may answer with the case's labels in place of the output.
    const Labelling* labelling = nullptr;
    // Of a fast run: the ranges of activations to run by, as JSON; empty: those of the manifest.
    std::string ranges = {};
    // In place of a run: the manifest's ranges, widened to what this input takes, are asked for (RunOutcome::ranges).
    bool measures = false;
};

struct RunOutcome {
    std::vector<float> output;  // [1][output channels][k][j][i]
    std::string provider;       // "webgpu", "wasm", "cpu", "engine", ...: FoldResult::provider
    double seconds = 0;         // the bare run, without what happens around it
    std::string notice;         // for the user when the runtime had to change its ways, else empty
    // Not empty: labels as RunRequest::labelling asked for them; `output` is empty then.
    std::vector<std::uint32_t> labels = {};
    // Where ranges were asked for: they, as JSON; empty: those of the manifest do.
    std::string ranges = {};
};

class Runtime {
  public:
    using Completion = std::function<void(Expected<RunOutcome>)>;
    virtual ~Runtime() = default;
    // Calls `done` exactly once, before returning or later on the same thread.
    virtual void start(const RunRequest& request, Completion done) = 0;
    // How many runs it makes at once, fast ones or not; further ones would wait for these.
    virtual int at_once(bool /*fast*/) const { return 1; }
    // The arithmetic of its fast runs: kWholeNumbers, or kHalves or kFloats where a graphics processor makes them. May
    // change, once what made them fails.
    virtual std::string_view fast_arithmetic() const { return kWholeNumbers; }
    // Whether it makes coalitions itself (RunRequest::present): then an image need be handed over only once.
    virtual bool masks() const { return false; }
    // Seconds on a clock that only rises; for progress, never for results.
    virtual double now() const = 0;
};

// co_await run(runtime, request)
class RunAwaiter {
  public:
    RunAwaiter(Runtime& runtime, RunRequest request) : runtime_(runtime), request_(std::move(request)) {}
    bool await_ready() { return false; }
    // False (go on at once) when the runtime answered before returning: no recursion however many runs follow.
    bool await_suspend(std::coroutine_handle<> waiting) {
        runtime_.start(request_, [this, waiting](Expected<RunOutcome> outcome) {
            outcome_ = std::move(outcome);
            if (suspended_) waiting.resume();
        });
        suspended_ = !outcome_.has_value();
        return suspended_;
    }
    Expected<RunOutcome> await_resume() { return std::move(*outcome_); }

  private:
    Runtime& runtime_;
    RunRequest request_;
    std::optional<Expected<RunOutcome>> outcome_;
    bool suspended_ = false;
};

inline RunAwaiter run(Runtime& runtime, RunRequest request) {
    return {runtime, std::move(request)};
}

}  // namespace shapslice
