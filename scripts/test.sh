#!/usr/bin/env bash
# Every check and test: formats, types, unit tests natively, under sanitizers and as WebAssembly, fuzzing, the reader and the metrics
# against nibabel and scipy, the engine under Node, and the page in Chromium. Ends with one line per suite; fails when one of them failed, or was
# skipped though what it needs is here.
#   scripts/test.sh [SUITE...]   only these: format types native sanitize fuzz wasm web
set -uo pipefail
cd "$(dirname "$0")/.."
[ "${SHAPSLICE_SKIP_SETUP:-}" = 1 ] || scripts/setup.sh test || exit 1
. ./emsdk_env.sh
wanted=" ${*:-format types native sanitize fuzz wasm web} "
cases=../shared/data/fullres
summary=()
failed=0

suite() { # suite NAME COMMAND...
    local name="$1" started=$SECONDS
    shift
    case "$wanted" in *" $name "*) ;; *) return ;; esac
    printf '\n=== %s\n' "$name"
    if "$@"; then summary+=("passed  $name ($((SECONDS - started)) s)"); else
        summary+=("FAILED  $name ($((SECONDS - started)) s)")
        failed=1
    fi
}

formats() {
    git ls-files '*.cpp' '*.h' | xargs clang-format-19 --dry-run -Werror &&
        npx --no-install prettier --check --log-level warn web tests/web tests/network tests/convnet tests/recipe tests/replicate scripts bench index.html '*.json' 'models/train/*.mjs' 'models/train/*.json' &&
        echo "formats: clang-format and prettier agree with every file"
}

types() { npx --no-install tsc -p . && echo "types: tsc --checkJs found nothing to say"; }

build() { # build PRESET [TARGET]
    cmake --preset "$1" >build-configure.log || { cat build-configure.log; return 1; }
    cmake --build --preset "$1" ${2:+--target "$2"} >build.log 2>&1 || { grep -E 'error|warning|FAILED' -A 6 build.log | head -60; return 1; }
}

# The test runners' own summaries; a test that skipped itself although the cases are here fails the suite.
unit_tests() { # unit_tests PROGRAM...
    "$@" --gtest_brief=1 | tee unit.log
    local status=${PIPESTATUS[0]}
    if [ -d "$cases" ] && grep -q SKIPPED unit.log; then
        echo "a test was skipped that could have run"
        return 1
    fi
    return "$status"
}

native() {
    build native && unit_tests build/native/tests/shapslice_unit_tests &&
        unit_tests build/native/tests/convnet/shapslice_convnet_tests &&
        unit_tests build/native/tests/shapslice_memory_tests &&
        /usr/bin/python3 tests/scipy/compare.py build/native/tests/metrics_probe &&
        /usr/bin/python3 tests/scipy/compare_statistics.py build/native/tests/statistics_probe &&
        /usr/bin/python3 tests/nibabel/compare.py build/native/shapslice ../shared/data &&
        node --test --test-reporter=spec tests/network/*.test.mjs tests/convnet/*.test.mjs &&
        /usr/bin/python3 models/train/table.py --check
}

sanitize() {
    build native-sanitize && unit_tests build/native-sanitize/tests/shapslice_unit_tests &&
        unit_tests build/native-sanitize/tests/shapslice_memory_tests &&
        unit_tests build/native-sanitize/tests/convnet/shapslice_convnet_tests
}

# The replication's script drives the engine under Node and asks the native program for the statistics.
wasm() {
    build wasm && unit_tests node build/wasm/tests/shapslice_unit_tests.cjs &&
        unit_tests node build/wasm/tests/convnet/shapslice_convnet_tests.cjs &&
        unit_tests node --experimental-wasm-relaxed-simd --no-liftoff build/wasm/tests/convnet/shapslice_convnet_relaxed_tests.cjs &&
        unit_tests node build/wasm/tests/shapslice_memory_tests.cjs &&
        build native shapslice && node --test --test-reporter=spec tests/replicate/*.test.mjs
}

web() {
    build native shapslice && build wasm && node scripts/assemble_site.mjs || return 1
    # One file after another: each starts a browser, and two cores are soon busy.
    node --test --test-concurrency=1 --test-reporter=spec tests/web/*.test.mjs tests/recipe/*.test.mjs | tee web.log
    local status=${PIPESTATUS[0]}
    if [ -d "$cases" ] && ! grep -q '^ℹ skipped 0' web.log; then
        echo "a test was skipped that could have run"
        return 1
    fi
    return "$status"
}

suite format formats
suite types types
suite native native
suite sanitize sanitize
suite fuzz scripts/fuzz.sh 30
suite wasm wasm
suite web web

printf '\n=== summary\n'
printf '%s\n' "${summary[@]}"
exit $failed
