// The range of Shapley values over models that do almost equally well (METHOD 6.3).
#include "metrics/model_band.h"

#include <gtest/gtest.h>

#include <array>

namespace shapslice {
namespace {

TEST(ModelBand, SpansTheModelsNearTheBest) {
    const std::array<ScoredModel, 4> models{{{0.80, {0.4, 0.1, 0.2, 0.1}},
                                             {0.60, {9, 9, 9, 9}},  // loss 0.25 above the best
                                             {0.85, {0.5, 0.0, 0.25, 0.1}},
                                             {0.78, {0.3, -0.1, 0.3, 0.28}}}};
    const ModelBand band = model_band(models);
    EXPECT_EQ(band.within, (std::vector<bool>{true, false, true, true}));
    EXPECT_EQ(band.models, 3);
    EXPECT_EQ(band.shapley[0].least, 0.3);
    EXPECT_EQ(band.shapley[0].largest, 0.5);
    EXPECT_NEAR(band.shapley[0].mean, 0.4, 1e-15);
    EXPECT_EQ(band.shapley[1].least, -0.1);
    EXPECT_EQ(band.shapley[1].largest, 0.1);
    EXPECT_NEAR(band.shapley[1].mean, 0, 1e-15);
    EXPECT_EQ(band.shapley[2].least, 0.2);
    EXPECT_EQ(band.shapley[2].largest, 0.3);
    EXPECT_NEAR(band.shapley[3].mean, 0.16, 1e-15);
}

// "At most 0.10": a model exactly 0.10 worse is within, however the two numbers round.
TEST(ModelBand, HoldsTheModelOnTheEdge) {
    for (int hundredths = 10; hundredths <= 100; ++hundredths) {
        const std::array<ScoredModel, 2> edge{{{hundredths / 100.0, {}}, {(hundredths - 10) / 100.0, {}}}};
        EXPECT_EQ(model_band(edge).models, 2) << hundredths;
        const std::array<ScoredModel, 2> beyond{{{hundredths / 100.0, {}}, {(hundredths - 10) / 100.0 - 1e-6, {}}}};
        EXPECT_EQ(model_band(beyond).models, 1) << hundredths;
    }
}

TEST(ModelBand, WithoutToleranceHoldsTheBestAlone) {
    const std::array<ScoredModel, 3> models{{{0.7, {1, 1, 1, 1}}, {0.8, {2, 2, 2, 2}}, {0.8, {3, 3, 3, 3}}}};
    const ModelBand band = model_band(models, 0);
    EXPECT_EQ(band.within, (std::vector<bool>{false, true, true}));
    EXPECT_EQ(band.shapley[0].least, 2);
    EXPECT_EQ(band.shapley[0].largest, 3);
}

TEST(ModelBand, OfOneModelIsThatModel) {
    const std::array<ScoredModel, 1> one{{{0.0, {0.4, 0.3, 0.2, 0.1}}}};
    const ModelBand band = model_band(one);
    EXPECT_EQ(band.models, 1);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        EXPECT_EQ(band.shapley[i].least, one[0].shapley[i]);
        EXPECT_EQ(band.shapley[i].mean, one[0].shapley[i]);
        EXPECT_EQ(band.shapley[i].largest, one[0].shapley[i]);
    }
}

TEST(ModelBand, OfNothingIsEmpty) {
    EXPECT_EQ(model_band({}).models, 0);
    EXPECT_TRUE(model_band({}).within.empty());
    const std::array<ScoredModel, 1> one{{{0.8, {}}}};
    const ModelBand none = model_band(one, -0.5);
    EXPECT_EQ(none.models, 0);
    EXPECT_EQ(none.within, std::vector<bool>{false});
}

}  // namespace
}  // namespace shapslice
