// For tests/scipy/compare_statistics.py: reads one JSON object a line, {x, y} paired, {first, second} two groups, {t,
// freedom}, {beta: [x, a, b]}; prints what metrics/statistics.h makes of them, one JSON object a line, null where it is
// not defined.
#include "metrics/statistics.h"

#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"

namespace {

using namespace shapslice;

Json ends(const std::optional<Interval>& interval) {
    return interval ? Json{interval->low, interval->high} : Json();
}

Json correlation(const std::optional<Correlation>& found) {
    if (!found) return nullptr;
    return {{"coefficient", found->coefficient}, {"p", found->p}, {"interval", ends(found->interval)}};
}

Json comparison(const std::optional<GroupComparison>& found) {
    if (!found) return nullptr;
    return {{"u", found->u}, {"p", found->p}, {"exact", found->exact}};
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const Json sample = Json::parse(line);
        const auto values = [&](const char* name) { return sample.at(name).get<std::vector<double>>(); };
        const auto [x, y, first, second] = std::tuple{values("x"), values("y"), values("first"), values("second")};
        const auto beta = values("beta");
        const auto fit = least_squares(x, y);
        const auto mean = mean_estimate(x);
        const Json answer{{"pearson", correlation(pearson(x, y))},
                          {"spearman", correlation(spearman(x, y))},
                          {"line", fit ? Json{fit->slope, fit->intercept} : Json()},
                          {"mann_whitney", comparison(mann_whitney(first, second))},
                          {"auroc", auroc(first, second)},
                          {"mean", {{"mean", mean->mean}, {"interval", ends(mean->interval)}}},
                          {"t", t_two_sided(sample.at("t"), sample.at("freedom"))},
                          {"beta", incomplete_beta(beta.at(0), beta.at(1), beta.at(2))}};
        std::cout << answer.dump() << '\n';
    }
}
