// Numbers in plans.json and dataset.json that no nnU-Net writes: refused with a sentence that names the file, and never
// cast to whatever fits.
#include <gtest/gtest.h>

#include "model_files/settings.h"

namespace shapslice {
namespace {

// The sentence of the refusal, or what was read instead.
std::string refusal(SettingsFile kind, const std::string& text) {
    ModelSettings settings;
    const auto taken = take_settings(kind, "a.json", nlohmann::ordered_json::parse(text), settings);
    return taken ? "taken" : taken.error().sentence;
}

std::string of_plans(const std::string& network, const std::string& more = "") {
    return refusal(SettingsFile::plans,
                   "{" + more + R"("configurations": {"3d_fullres": {"patch_size": [32, 32, 32], )" +
                       (network.starts_with("\"spacing") ? "" : R"("spacing": [1, 1, 1], )") + network + "}}}");
}

TEST(ModelSettings, NumbersOfPlansThatAreNoneAreRefused) {
    EXPECT_EQ(of_plans(R"("pool_op_kernel_sizes": [[1, 1, 1], [2, 2, 2]])"), "taken");
    for (const char* strides :
         {"[[1e300, 1, 1]]", "[[2147483648, 2, 2]]", "[4294967298]", "[1.5]", "[\"2\"]", "[[2, 2]]"}) {
        const std::string sentence = of_plans("\"pool_op_kernel_sizes\": " + std::string(strides));
        EXPECT_TRUE(sentence.starts_with("a.json: a field cannot be read as its library writes it"))
            << strides << sentence;
    }
    for (const char* spacing : {"[0, 1, 1]", "[1, -1, 1]"}) {
        const std::string sentence = of_plans("\"spacing\": " + std::string(spacing));
        EXPECT_TRUE(sentence.starts_with("a.json: \"spacing\" is ")) << sentence;
    }
    for (const char* forward : {"[0, 1, 4294967298]", "[0, 1, 2.0]", "[0, 1, 1e300]", "[0, 1]", "[0, 1, 3]", "{}"}) {
        const std::string plain = R"("use_mask_for_norm": [true])";
        const std::string sentence = of_plans(plain, "\"transpose_forward\": " + std::string(forward) + ", ");
        EXPECT_TRUE(sentence.starts_with("a.json: ")) << forward << sentence;
    }
}

TEST(ModelSettings, NumbersOfLabelsThatAreNoneAreRefused) {
    const auto labels = [](const std::string& edema) {
        return refusal(SettingsFile::dataset,
                       R"({"labels": {"background": 0, "necrosis": 1, "enhancing": 3, "edema": )" + edema + "}}");
    };
    EXPECT_EQ(labels("2"), "taken");
    for (const char* value : {"1e308", "-1e308", "1.7", "4294967298", "18446744073709551615", "[1e300, 2]", "[null]"}) {
        const std::string sentence = labels(value);
        EXPECT_TRUE(sentence.starts_with("a.json: a field cannot be read as its library writes it"))
            << value << sentence;
    }
}

}  // namespace
}  // namespace shapslice
