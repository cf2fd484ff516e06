// Arithmetic on shapes by ONNX's rules: what PyTorch's exporters write before Pad, Resize and Reshape.
#include "convnet/numbers.h"

#include <gtest/gtest.h>

#include <map>

namespace shapslice::convnet {
namespace {

class Arithmetic : public ::testing::Test {
  protected:
    std::map<std::string, Numbers> known;

    // The node of these inputs; each attribute a whole number or a list.
    std::optional<Numbers> fold(const std::string& operation, const std::vector<std::string>& inputs,
                                const std::map<std::string, std::int64_t>& whole = {},
                                const std::map<std::string, Extents>& lists = {}) {
        onnx::NodeProto node = make_node(operation, inputs, "made");
        for (const auto& [name, value] : whole) set(node, name, value);
        for (const auto& [name, values] : lists) set(node, name, values);
        return convnet::fold(
            node,
            [this](const std::string& name) {
                const auto at = known.find(name);
                return at == known.end() ? std::nullopt : std::optional(at->second);
            },
            [](const std::string& name) {
                return name == "image" ? std::optional(Extents{1, 4, 6, 8, 10}) : std::nullopt;
            });
    }
    void row(const std::string& name, const std::vector<double>& values) {
        known[name] = {{static_cast<std::int64_t>(values.size())}, values, true};
    }
};

void expect(const std::optional<Numbers>& found, const Extents& extents, const std::vector<double>& values) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->extents, extents);
    EXPECT_EQ(found->values, values);
}

// F.pad of PyTorch: amounts of the last axis first, put in pairs, turned round and laid out by ends.
TEST_F(Arithmetic, WorksOutAmountsOfPaddingAsPyTorchWritesThem) {
    row("given", {5, 6, 3, 4, 1, 2});
    row("four", {4});
    row("pairs", {-1, 2});
    row("minus one", {-1});
    row("first", {-9223372036854775807.0});
    row("zero", {0});
    known["none"] = *fold("ConstantOfShape", {"four"});
    expect(known["none"], {4}, {0, 0, 0, 0});
    known["all"] = *fold("Concat", {"given", "none"}, {{"axis", 0}});
    known["paired"] = *fold("Reshape", {"all", "pairs"});
    expect(known["paired"], {5, 2}, {5, 6, 3, 4, 1, 2, 0, 0, 0, 0});
    known["turned"] = *fold("Slice", {"paired", "minus one", "first", "zero", "minus one"});
    expect(known["turned"], {5, 2}, {0, 0, 0, 0, 1, 2, 3, 4, 5, 6});
    known["by ends"] = *fold("Transpose", {"turned"}, {}, {{"perm", {1, 0}}});
    expect(fold("Reshape", {"by ends", "minus one"}), {10}, {0, 0, 1, 3, 5, 0, 0, 2, 4, 6});
}

TEST_F(Arithmetic, ShapesAndWhatIsTakenOfThem) {
    known["shape"] = *fold("Shape", {"image"});
    expect(known["shape"], {5}, {1, 4, 6, 8, 10});
    known["at"] = {{}, {-1}, true};
    expect(fold("Gather", {"shape", "at"}, {{"axis", 0}}), {}, {10});
    row("places", {2, 3});
    expect(fold("Gather", {"shape", "places"}, {{"axis", 0}}), {2}, {6, 8});
    expect(fold("ReduceProd", {"shape"}, {{"keepdims", 0}}), {}, {1 * 4 * 6 * 8 * 10});
    expect(fold("Shape", {"image"}, {{"start", 2}}), {3}, {6, 8, 10});
    EXPECT_FALSE(fold("Shape", {"other"}));
    row("six", {6});
    EXPECT_FALSE(fold("Gather", {"shape", "six"}, {{"axis", 0}}));
}

TEST_F(Arithmetic, SpreadsAndComputesElementByElement) {
    known["a"] = {{2, 1}, {7, -7}, true};
    known["b"] = {{3}, {2, -2, 4}, true};
    expect(fold("Div", {"a", "b"}), {2, 3}, {3, -3, 1, -3, 3, -1});  // towards 0
    expect(fold("Mod", {"a", "b"}), {2, 3}, {1, -1, 3, 1, -1, 1});   // with the divisor's sign
    expect(fold("Sub", {"a", "b"}), {2, 3}, {5, 9, 3, -9, -5, -11});
    expect(fold("Greater", {"a", "b"}), {2, 3}, {1, 1, 1, 0, 0, 0});
    known["yes"] = *fold("Greater", {"a", "b"});
    expect(fold("Where", {"yes", "a", "b"}), {2, 3}, {7, 7, 7, 2, -2, 4});
    row("zero", {0});
    EXPECT_FALSE(fold("Div", {"b", "zero"}));
    row("two", {1, 2});
    EXPECT_FALSE(fold("Add", {"b", "two"}));  // 3 and 2 do not go together
    row("wanted", {2, 3});
    expect(fold("Expand", {"b", "wanted"}), {2, 3}, {2, -2, 4, 2, -2, 4});
}

TEST_F(Arithmetic, PutsAxesInAndTakesThemOut) {
    known["b"] = {{3}, {1, 2, 3}, true};
    expect(fold("Unsqueeze", {"b"}, {}, {{"axes", {1, 2, 3}}}), {3, 1, 1, 1}, {1, 2, 3});
    row("axes", {0, -1});
    known["wide"] = *fold("Unsqueeze", {"b", "axes"});
    expect(known["wide"], {1, 3, 1}, {1, 2, 3});
    row("last", {-1});
    expect(fold("Squeeze", {"wide", "last"}), {1, 3}, {1, 2, 3});
    expect(fold("Squeeze", {"wide"}), {3}, {1, 2, 3});
    row("second", {1});
    EXPECT_FALSE(fold("Squeeze", {"wide", "second"}));
    known["m"] = {{2, 3}, {1, 2, 3, 4, 5, 6}, true};
    expect(fold("Transpose", {"m"}), {3, 2}, {1, 4, 2, 5, 3, 6});
    EXPECT_FALSE(fold("Transpose", {"m"}, {}, {{"perm", {0, 0}}}));
    expect(fold("Concat", {"m", "m"}, {{"axis", 1}}), {2, 6}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6});
    EXPECT_FALSE(fold("Concat", {"m", "b"}, {{"axis", 0}}));
    row("seven", {7});
    EXPECT_FALSE(fold("Reshape", {"m", "seven"}));
}

TEST_F(Arithmetic, TakesNothingLargerThanShapesAre) {
    row("much", {1e9, 1e9});
    EXPECT_FALSE(fold("ConstantOfShape", {"much"}));
    row("negative", {-3});
    EXPECT_FALSE(fold("ConstantOfShape", {"negative"}));
    known["start"] = {{}, {0}, true};
    known["far"] = {{}, {1e12}, true};
    known["one"] = {{}, {1}, true};
    EXPECT_FALSE(fold("Range", {"start", "far", "one"}));
    known["five"] = {{}, {5}, true};
    known["two"] = {{}, {2}, true};
    expect(fold("Range", {"start", "five", "two"}), {3}, {0, 2, 4});
    known["b"] = {{3}, {1, 2, 3}, true};
    EXPECT_FALSE(fold("Expand", {"b", "much"}));
}

}  // namespace
}  // namespace shapslice::convnet
