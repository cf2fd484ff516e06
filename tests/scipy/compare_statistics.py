"""The core's statistics over cases (src/metrics/statistics.h) against scipy's, on random samples with and without ties.

    python3 tests/scipy/compare_statistics.py build/native/tests/statistics_probe
"""

import json
import math
import random
import subprocess
import sys

try:
    from scipy import special, stats
except ImportError:
    sys.exit("compare_statistics.py needs scipy for this Python (Debian: python3-scipy); nothing was compared.")

SAMPLES = 3000
TOLERANCE = 1e-9
BY_DIGITS = {"t", "beta", "mann_whitney"}  # relative only: a p of 1e-8 by its digits; others absolute as well
MOST_EXACT = 50  # cases in both groups up to which the core's p is exact


def random_values(rng, count):
    """Continuous values hardly ever tie; few levels tie often, one level always."""
    levels = rng.choice([1, 2, 4, 9, None, None, None])
    draw = (lambda: rng.gauss(0.5, 0.2)) if levels is None else (lambda: rng.randrange(levels) / 8)
    return [draw() for _ in range(count)]


def random_sample(rng):
    count = rng.choice([1, 2, 3, 4, 5, 8, 28, 28, 200])
    x = random_values(rng, count)
    slope = rng.choice([0, 0.3, -2])
    groups = [random_values(rng, rng.choice([1, 2, 5, 9, 20, 27])) for _ in range(2)]
    return {
        "x": x,
        "y": [slope * a + b for a, b in zip(x, random_values(rng, count))],
        "first": groups[0],
        "second": groups[1],
        "t": rng.gauss(0, 1) * rng.choice([0.001, 1, 1, 10]),
        "freedom": rng.choice([1, 2, 3, 7, 26, 27, 150, 1349]),
        "beta": [rng.random(), rng.uniform(0.2, 40), rng.uniform(0.2, 40)],
    }


def correlation(test, x, y, with_interval):
    if len(x) < 3 or len(set(x)) == 1 or len(set(y)) == 1:
        return None
    found = test(x, y)
    interval = list(found.confidence_interval(0.95)) if with_interval and len(x) > 3 else None
    return {"coefficient": found.statistic, "p": found.pvalue, "interval": interval}


def line(x, y):
    if len(x) < 2 or len(set(x)) == 1:
        return None
    fit = stats.linregress(x, y)
    return [fit.slope, fit.intercept]


def comparison(first, second):
    values = first + second
    if len(set(values)) == 1:
        return None
    exact = len(set(values)) == len(values) and len(values) <= MOST_EXACT
    found = stats.mannwhitneyu(first, second, method="exact" if exact else "asymptotic")
    return {"u": found.statistic, "p": found.pvalue, "exact": exact}


def mean(x):
    if len(x) < 2:
        return {"mean": x[0], "interval": None}
    center, error = sum(x) / len(x), stats.sem(x)
    interval = list(stats.t.interval(0.95, len(x) - 1, center, error)) if error > 1e-15 else [center, center]
    return {"mean": center, "interval": interval}


def by_scipy(sample):
    x, y, first, second = (sample[name] for name in ("x", "y", "first", "second"))
    pairs = [(a > b) + (a == b) / 2 for a in first for b in second]
    return {
        "pearson": correlation(stats.pearsonr, x, y, True),
        "spearman": correlation(stats.spearmanr, x, y, False),
        "line": line(x, y),
        "mann_whitney": comparison(first, second),
        "auroc": sum(pairs) / len(pairs),
        "mean": mean(x),
        "t": 2 * stats.t.sf(abs(sample["t"]), sample["freedom"]),
        "beta": special.betainc(*[sample["beta"][n] for n in (1, 2, 0)]),
    }


def same(ours, theirs, near_zero):
    if isinstance(theirs, dict):
        # One rounding short of r = 1 or not is chance, and p there goes with the root of it.
        if abs(theirs.get("coefficient") or 0) > 1 - 1e-12:
            near_zero = 1e-6
        return isinstance(ours, dict) and all(same(ours[name], value, near_zero) for name, value in theirs.items())
    if isinstance(theirs, list):
        return isinstance(ours, list) and all(same(a, b, near_zero) for a, b in zip(ours, theirs))
    if ours is None or theirs is None or isinstance(theirs, bool):
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=near_zero)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: compare_statistics.py STATISTICS_PROBE")
    rng = random.Random(20251207)
    samples = [random_sample(rng) for _ in range(SAMPLES)]
    lines = "".join(json.dumps(sample) + "\n" for sample in samples)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    if len(answers) != len(samples):
        sys.exit(f"{sys.argv[1]} answered {len(answers)} of {len(samples)} samples.")

    passed = failed = 0
    for sample, answer in zip(samples, answers):
        ours = json.loads(answer)
        for name, theirs in by_scipy(sample).items():
            agree = same(ours[name], theirs, 1e-200 if name in BY_DIGITS else TOLERANCE)
            passed += agree
            failed += not agree
            if not agree and failed <= 10:
                print(f"{name} of {sample}: {ours[name]}, scipy says {theirs}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
