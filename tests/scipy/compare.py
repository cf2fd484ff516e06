"""Ranks, Kendall's tau-b and Kendall's W of the core against scipy's, on random rankings with and without ties.

    python3 tests/scipy/compare.py build/native/tests/metrics_probe

scipy has no W: it is Friedman's chi squared (corrected for ties) over K (n - 1), K folds of n = 4 contrasts.
"""

import json
import math
import random
import subprocess
import sys
import warnings

try:
    from scipy import stats
except ImportError:
    sys.exit("compare.py needs scipy for this Python (Debian: apt-get install python3-scipy); nothing was compared.")

CASES = 4000
CONTRASTS = 4
TOLERANCE = 1e-12


def random_scores(rng):
    """Score rows, one a fold: continuous ones hardly ever tie; few levels tie often, one level always."""
    levels = rng.choice([1, 2, 3, 4, None])
    draw = rng.random if levels is None else lambda: rng.randrange(levels) / 4
    return [[draw() for _ in range(CONTRASTS)] for _ in range(rng.randrange(2, 9))]


def by_scipy(scores):
    """What the probe should answer; scipy's nan is the core's null."""
    ranks = [stats.rankdata([-score for score in row]).tolist() for row in scores]
    tau = stats.kendalltau(ranks[0], ranks[1]).statistic
    chi_squared = stats.friedmanchisquare(*zip(*ranks)).statistic
    w = chi_squared / (len(ranks) * (CONTRASTS - 1))
    return {"ranks": ranks, "tau_b": None if math.isnan(tau) else tau, "w": None if math.isnan(w) else w}


def same(ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= TOLERANCE


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: compare.py METRICS_PROBE")
    warnings.simplefilter("ignore", RuntimeWarning)  # scipy divides by zero where everything ties
    rng = random.Random(20251207)
    cases = [random_scores(rng) for _ in range(CASES)]
    lines = "".join(json.dumps(scores) + "\n" for scores in cases)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    if len(answers) != len(cases):
        sys.exit(f"{sys.argv[1]} answered {len(answers)} of {len(cases)} cases.")

    passed = failed = 0
    for scores, answer in zip(cases, answers):
        ours, theirs = json.loads(answer), by_scipy(scores)
        for name, agree in {
            "ranks": ours["ranks"] == theirs["ranks"],
            "tau_b": same(ours["tau_b"], theirs["tau_b"]),
            "w": same(ours["w"], theirs["w"]),
        }.items():
            passed += agree
            failed += not agree
            if not agree and failed <= 10:
                print(f"{name} of {scores}: {ours[name]}, scipy says {theirs[name]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
