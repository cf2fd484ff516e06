#!/usr/bin/env bash
# Fuzzes one target that is built (tests/fuzz) from its seeds, and says in a line what came of it. Its whole log goes to build/fuzz-logs,
# inputs found on the way to build/fuzz-corpus; one that fails is kept in build/fuzz-crashes.
#   scripts/fuzz_target.sh TARGET [SECONDS]   SHAPSLICE_SOAK_SECONDS, else 600
set -uo pipefail
cd "$(dirname "$0")/.."
target="$1"
seconds="${2:-${SHAPSLICE_SOAK_SECONDS:-600}}"
program="build/native-sanitize/tests/fuzz/${target}_fuzz"
corpus="build/fuzz-corpus/$target"
log="build/fuzz-logs/$target.log"
mkdir -p "$corpus" build/fuzz-crashes build/fuzz-logs
words=()
[ -f "$corpus.dict" ] && words=(-dict="$corpus.dict")

"$program" "$corpus" "${words[@]}" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="build/fuzz-crashes/$target-" >"$log" 2>&1
status=$?

last() { grep -oE "$1[^0-9]*[0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+$'; }
executions="$(last 'stat::number_of_executed_units:')"
outcome="no crash"
if [ $status != 0 ]; then
    input="$(grep -oE 'build/fuzz-crashes/[^ ]+$' "$log" | tail -n 1)"
    outcome="FAILED: $program ${input:-(see $log)}"
fi
printf '%-20s %12s executions  cov: %6s  ft: %6s  %s\n' "$target" "${executions:-$(last '#')}" "$(last 'cov: ')" "$(last ' ft: ')" "$outcome"
[ $status = 0 ] || tail -n 40 "$log"
exit $status
