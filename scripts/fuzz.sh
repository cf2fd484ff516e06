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

cmake --preset native-sanitize >build-configure.log || { cat build-configure.log; exit 1; }
cmake --build --preset native-sanitize --target "${targets[@]/%/_fuzz}" >build.log 2>&1 ||
    { grep -E 'error|warning|FAILED' -A 6 build.log | head -60; exit 1; }
python3 tests/fuzz/make_corpus.py build/fuzz-corpus || exit 1

failed=0
running=0
for target in "${targets[@]}"; do
    if [ $running -ge "${SHAPSLICE_FUZZ_JOBS:-2}" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    scripts/fuzz_target.sh "$target" "$seconds" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit $failed
