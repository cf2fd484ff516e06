#!/usr/bin/env bash
# Fuzzes what reads files: builds tests/fuzz, makes the seeds, runs each target, and prints one table. Fails on a crash, and
# says where the input is and how to run it again. Inputs found on the way stay in build/fuzz-corpus and are built upon.
#   scripts/fuzz.sh [SECONDS] [TARGET...]   30 seconds each of all of them (tests/fuzz/TARGET_fuzz.cpp)
#   SHAPSLICE_FUZZ_JOBS=1                   that many targets at a time, 2 otherwise
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=30
case "${1:-}" in [0-9]*) seconds="$1"; shift ;; esac
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
fi
corpus=build/fuzz-corpus
programs=build/native-sanitize/tests/fuzz

cmake --preset native-sanitize >build-configure.log || { cat build-configure.log; exit 1; }
cmake --build --preset native-sanitize --target "${targets[@]/%/_fuzz}" >build.log 2>&1 ||
    { grep -E 'error|warning|FAILED' -A 6 build.log | head -60; exit 1; }
python3 tests/fuzz/make_corpus.py "$corpus" || exit 1
mkdir -p build/fuzz-crashes build/fuzz-logs

run() { # run TARGET: its log ends with its exit status
    local target="$1"
    "$programs/${target}_fuzz" "$corpus/$target" -dict="$corpus/$target.dict" -max_total_time="$seconds" \
        -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 -artifact_prefix="build/fuzz-crashes/$target-" \
        >"build/fuzz-logs/$target.log" 2>&1
    echo "status: $?" >>"build/fuzz-logs/$target.log"
}

for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "${SHAPSLICE_FUZZ_JOBS:-2}" ]; do wait -n; done
    run "$target" &
done
wait

last() { grep -oE "$2[^0-9]*[0-9]+" "build/fuzz-logs/$1.log" | tail -n 1 | grep -oE '[0-9]+$'; }
failed=0
printf '%-20s %12s %8s %8s  %s\n' target executions cov: ft: outcome
for target in "${targets[@]}"; do
    outcome="no crash"
    if ! grep -q '^status: 0$' "build/fuzz-logs/$target.log"; then
        failed=1
        input="$(grep -oE 'build/fuzz-crashes/[^ ]+$' "build/fuzz-logs/$target.log" | tail -n 1)"
        outcome="FAILED: $programs/${target}_fuzz ${input:-(see build/fuzz-logs/$target.log)}"
    fi
    executions="$(last "$target" 'stat::number_of_executed_units:')"
    printf '%-20s %12s %8s %8s  %s\n' "$target" "${executions:-$(last "$target" '#')}" \
        "$(last "$target" 'cov: ')" "$(last "$target" ' ft: ')" "$outcome"
done
exit $failed
