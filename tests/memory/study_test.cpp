// A study that runs out of memory somewhere: it ends with a sentence, keeps what it knows, and a second Run does the
// rest.
#include "study/study.h"

#include <gtest/gtest.h>

#include "refuse_allocation.h"
#include "study/result_json.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::PlainRuntime;
using testing::small_case;

struct Silence : StudyEvents {
    void on_result(const StudyResult&) override {}
    void on_other_settings() override {}
    void on_segmentation(const std::string&, int, Coalition, const Runs&) override {}
    void on_run(const std::string&, Coalition, const KnownRun&) override {}
};

// Labels grow with the z-scores of one contrast each.
Expected<std::vector<float>> plain_network(const RunRequest& request) {
    std::vector<float> output(request.input.begin(), request.input.end());
    return output;
}

struct Bench {
    Case subject = small_case({16, 14, 12});
    PlainRuntime runtime{plain_network};
    Silence events;
    Study study{subject, runtime, events};
    StudySettings settings;

    Bench() { settings.baseline.kind = BaselineKind::lesion; }  // the one that makes most

    // As the engine runs it: what there is no memory for even to begin is thrown.
    std::string run() {
        try {
            auto task = study.run({{manifest_of("m", 5), {0}}}, settings);
            task.start();
            if (!task.done()) return "it is waiting";
            return task.result() ? "" : task.result().error().sentence;
        } catch (const std::bad_alloc&) {
            return "not begun";
        }
    }
    int known() const {
        int count = 0;
        for (int mask = 0; mask < kCoalitions; ++mask)
            count += study.known(manifest_of("m", 5), 0, static_cast<Coalition>(mask)) != nullptr;
        return count;
    }
    std::string values() const { return result_to_json(study.result())["models"].dump(); }
};

void refuse_many(Then then) {
    Bench whole;
    ASSERT_EQ(whole.run(), "");
    const std::string all = whole.values();
    constexpr auto kSentence =
        ": there is not enough memory to run it; what was computed before is kept, and closing other pages may make "
        "room.";
    int partly = 0;
    std::size_t tried = 0;
    // Every one of the first coalition, then further and further apart: a coalition is like the one before.
    for (std::size_t nth = 1;; nth += 1 + nth / 40, ++tried) {
        const std::ptrdiff_t held = blocks_held();
        bool refused = false;
        {
            Bench bench;
            std::string sentence;
            {
                const RefuseAllocation refusal(nth, then);
                sentence = bench.run();
                refused = refusal.refused();
            }
            ASSERT_EQ(sentence.empty(), !refused) << "allocation " << nth;
            if (refused && sentence != "not begun") {
                ASSERT_TRUE(sentence.ends_with(kSentence)) << "allocation " << nth << ": " << sentence;
                ASSERT_TRUE(sentence.starts_with("Model m, fold 1 of 5:") || sentence.starts_with("The study:"))
                    << sentence;
            }
            ASSERT_FALSE(bench.study.result().progress.running) << "allocation " << nth;
            partly += bench.known() > 0 && bench.known() < kCoalitions - 1;
            const int made = bench.runtime.runs;
            const int known = bench.known();
            ASSERT_EQ(bench.run(), "") << "allocation " << nth;
            ASSERT_EQ(bench.runtime.runs - made, kCoalitions - 1 - known)
                << "allocation " << nth;  // only what was open
            ASSERT_EQ(bench.values(), all) << "allocation " << nth;
        }
        ASSERT_EQ(blocks_held(), held) << "allocation " << nth;
        if (!refused) break;
    }
    std::printf("%zu allocations refused, %d of them with some of the coalitions known\n", tried, partly);
    EXPECT_GT(partly, 20);
}

TEST(OutOfMemory, AtAllocationsOfAStudy) {
    refuse_many(Then::well);
}

TEST(OutOfMemory, FromAllocationsOfAStudyOn) {
    refuse_many(Then::full);
}

}  // namespace
}  // namespace shapslice
