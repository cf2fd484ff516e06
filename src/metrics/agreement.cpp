#include "metrics/agreement.h"

#include <algorithm>
#include <cmath>

namespace shapslice {

namespace {

constexpr double kLargestFootrule = 8;  // sum |R - K| of two opposite strict rankings of four
constexpr double kSame = 1e-12;         // NSF values of different rankings lie at least 1/16 apart for strict ones

// Calls visit(ranking) for each of the 24 strict rankings.
template <class Visit>
void each_strict_ranking(Visit visit) {
    PerContrast<double> ranks{1, 2, 3, 4};
    do {
        visit(ranks);
    } while (std::next_permutation(ranks.begin(), ranks.end()));
}

}  // namespace

double footrule_agreement(const PerContrast<double>& model, const PerContrast<double>& clinical) {
    double distance = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) distance += std::abs(model[i] - clinical[i]);
    return 1 - distance / kLargestFootrule;
}

std::optional<double> kendall_tau_b(const PerContrast<double>& a, const PerContrast<double>& b) {
    int balance = 0;  // concordant minus discordant pairs
    int untied_a = 0;
    int untied_b = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        for (std::size_t j = i + 1; j < kContrasts; ++j) {
            const int order_a = (a[i] > a[j]) - (a[i] < a[j]);
            const int order_b = (b[i] > b[j]) - (b[i] < b[j]);
            balance += order_a * order_b;
            untied_a += order_a != 0;
            untied_b += order_b != 0;
        }
    }
    if (untied_a == 0 || untied_b == 0) return std::nullopt;
    return balance / std::sqrt(static_cast<double>(untied_a) * untied_b);
}

AgreementScale agreement_scale(const PerContrast<double>& clinical) {
    double sum = 0;
    int count = 0;
    double worst = 1;
    double best = -1;
    each_strict_ranking([&](const PerContrast<double>& ranks) {
        const double nsf = footrule_agreement(ranks, clinical);
        sum += nsf;
        ++count;
        worst = std::min(worst, nsf);
        best = std::max(best, nsf);
    });
    return {sum / count, worst, best};
}

double share_of_rankings_at_least(double nsf, const PerContrast<double>& clinical) {
    int at_least = 0;
    int count = 0;
    each_strict_ranking([&](const PerContrast<double>& ranks) {
        ++count;
        at_least += footrule_agreement(ranks, clinical) >= nsf - kSame;
    });
    return static_cast<double>(at_least) / count;
}

Agreement agreement(const PerContrast<double>& model, const PerContrast<double>& clinical) {
    Agreement result;
    result.nsf = footrule_agreement(model, clinical);
    result.scale = agreement_scale(clinical);
    if (result.scale.best - result.scale.chance > kSame) {
        result.corrected = (result.nsf - result.scale.chance) / (result.scale.best - result.scale.chance);
    }
    result.share_at_least = share_of_rankings_at_least(result.nsf, clinical);
    result.tau_b = kendall_tau_b(model, clinical);
    return result;
}

}  // namespace shapslice
