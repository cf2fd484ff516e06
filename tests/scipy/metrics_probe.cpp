// For tests/scipy/compare.py: reads one JSON array of score rows a line (each row four scores, t1c t1n t2f t2w) and
// prints their ranks, Kendall's tau-b of the first two rows and Kendall's W over all rows, one JSON object a line.
#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "game/ranking.h"
#include "metrics/agreement.h"
#include "metrics/uncertainty.h"

int main() {
    using namespace shapslice;
    for (std::string line; std::getline(std::cin, line);) {
        const auto scores = Json::parse(line).get<std::vector<PerContrast<double>>>();
        std::vector<PerContrast<double>> ranks;
        for (const auto& row : scores) ranks.push_back(rank_descending(row));
        const Json answer{
            {"ranks", ranks}, {"tau_b", kendall_tau_b(ranks.at(0), ranks.at(1))}, {"w", kendall_w(ranks)}};
        std::cout << answer.dump() << '\n';
    }
}
