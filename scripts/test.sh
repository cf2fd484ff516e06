#!/usr/bin/env bash
# Every check and test: builds what the tests need and gives them to ctest, two at a time. Prints the progress, then each test's own output,
# then what every suite and test took. Fails when a test failed, or was skipped though what it needs is here.
#   scripts/test.sh [SUITE...]        only these: format types native sanitize fuzz wasm web
#   scripts/test.sh soak [PIECE...]   what takes long: study fuzz replication recipe export, or only these; CONTRIBUTING.md says what they are
#   scripts/test.sh times             the times of the last run, as tables for CONTRIBUTING.md
# SHAPSLICE_TEST_JOBS=1 takes one test at a time. SHAPSLICE_SKIP_SETUP=1 does not ask the package manager.
set -uo pipefail
cd "$(dirname "$0")/.."
export SHAPSLICE_TEST_LOGS="$PWD/build/test-logs"
. scripts/test_times.sh

suites=("$@")
soak=no
case "${1:-}" in
times) times_tables && exit ;;
soak)
    soak=yes
    shift
    suites=("$@")
    [ ${#suites[@]} = 0 ] && suites=(study fuzz replication recipe export)
    suites=("${suites[@]/#/soak-}")
    ;;
esac
[ ${#suites[@]} = 0 ] && suites=(format types native sanitize fuzz wasm web)
[ "${SHAPSLICE_SKIP_SETUP:-}" = 1 ] || scripts/setup.sh test || exit 1
. ./emsdk_env.sh || exit 1

# What each suite needs built, as "preset:targets"; a preset alone is all of it.
needs() {
    case "$1" in
    format | types) ;;
    native | soak-recipe) echo native ;;
    soak-export) echo native:shapslice ;;
    sanitize | fuzz | soak-fuzz) echo native-sanitize ;;
    wasm | web | soak-study | soak-replication) echo native:shapslice wasm ;;
    *) echo "test.sh: there is no suite \"${1#soak-}\"" >&2; return 1 ;;
    esac
}
declare -A targets=([native]=none)
for suite in "${suites[@]}"; do
    wanted="$(needs "$suite")" || exit 2
    for need in $wanted; do
        preset="${need%%:*}"
        if [ "$need" = "$preset" ]; then targets[$preset]=all; elif [ "${targets[$preset]:-none}" = none ]; then targets[$preset]="${need#*:}"; fi
    done
done

build() { # build PRESET TARGET
    local log="build/$1.log"
    cmake --preset "$1" >"$log" 2>&1 || { cat "$log"; return 1; }
    [ "$2" = none ] && return
    timed "build $1" cmake --build --preset "$1" --parallel "$(nproc)" --target "$2" >"$log" 2>&1 ||
        { grep -E 'error|warning|FAILED' -A 6 "$log" | head -60; return 1; }
}

rm -rf "$SHAPSLICE_TEST_LOGS"
mkdir -p "$SHAPSLICE_TEST_LOGS"
started=$SECONDS
building=()
for preset in "${!targets[@]}"; do
    printf '=== building %s (%s)\n' "$preset" "${targets[$preset]}"
    build "$preset" "${targets[$preset]}" &
    building+=($!)
done
for each in "${building[@]}"; do wait "$each" || failed_build=yes; done
[ "${failed_build:-}" = yes ] && { echo "FAILED  a build"; exit 1; }
printf '=== built in %s s\n' $((SECONDS - started))

# One list over the build folders.
printf 'subdirs(%s)\n' "${!targets[*]}" >build/CTestTestfile.cmake
labels="$(IFS='|'; echo "${suites[*]}")"
how=(--test-dir build --label-regex "^($labels)\$" --parallel "${SHAPSLICE_TEST_JOBS:-2}" --output-on-failure
    --no-tests=error --test-output-size-passed 100 --test-output-size-failed 1000000)
[ $soak = yes ] && how+=(--build-config soak)
ctest "${how[@]}"
failed=$?

# The test runners' own words.
for log in "$SHAPSLICE_TEST_LOGS"/*.log; do
    printf '\n=== %s\n' "$(basename "$log" .log)"
    cat "$log"
done
printf '\n=== times\n'
times_tables
printf '\n=== summary: '
if [ $failed = 0 ]; then echo "passed in $((SECONDS - started)) s: ${suites[*]}"; else echo "FAILED after $((SECONDS - started)) s: ${suites[*]}"; fi
exit $failed
