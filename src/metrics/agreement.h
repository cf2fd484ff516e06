// Agreement of the model's ranking of contrasts with a clinical one (METHOD 5).
#pragma once

#include <optional>

#include "base/terms.h"

namespace shapslice {

// METHOD 5.2: t1c = 1, t2f = 2, t1n and t2w = 3 (tied), in Contrast order.
inline constexpr PerContrast<double> kProtocolRanking{1, 3, 2, 3};

// NSF = 1 - (1/8) sum |R_i - K_i| (METHOD 5.1).
double footrule_agreement(const PerContrast<double>& model, const PerContrast<double>& clinical);

// Kendall's tau-b; absent when one side ties everything (METHOD 5.4).
std::optional<double> kendall_tau_b(const PerContrast<double>& a, const PerContrast<double>& b);

// What NSF can be against this clinical ranking, over the 24 strict rankings of the model (METHOD 5.3).
struct AgreementScale {
    double chance = 0;  // mean
    double worst = 0;
    double best = 0;
};
AgreementScale agreement_scale(const PerContrast<double>& clinical);

// Exact share of the 24 strict rankings whose NSF against `clinical` is at least `nsf` (METHOD 5.3).
double share_of_rankings_at_least(double nsf, const PerContrast<double>& clinical);

// Everything shown of one agreement (METHOD 5.3, 5.4).
struct Agreement {
    double nsf = 0;
    AgreementScale scale;
    // (NSF - chance) / (best - chance), `best` over strict rankings: above 1 only when the model's ranking ties as the
    // clinical one does; absent when best = chance.
    std::optional<double> corrected;
    double share_at_least = 0;  // exact share of the 24 rankings whose NSF is at least this one
    std::optional<double> tau_b;
};
Agreement agreement(const PerContrast<double>& model, const PerContrast<double>& clinical);

}  // namespace shapslice
