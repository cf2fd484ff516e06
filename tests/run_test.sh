#!/usr/bin/env bash
# Runs one test for ctest: run_test.sh NAME COMMAND... Its output goes to ctest and to build/test-logs/NAME.log, its seconds of clock and
# of processor to NAME.seconds beside it. A test that skipped itself although the cases are here has failed.
set -uo pipefail
cd "$(dirname "$0")/.."
name="$1"
shift
logs="${SHAPSLICE_TEST_LOGS:-build/test-logs}"
cases=../shared/data/fullres
mkdir -p "$logs"
log="$logs/$name.log"

/usr/bin/python3 tests/measure.py "$logs/$name.seconds" "$@" >"$log" 2>&1
status=$?
if [ -d "$cases" ] && grep -qE '^\[  SKIPPED|^ℹ skipped [1-9]|^SKIPPED' "$log"; then
    echo "a test was skipped that could have run" >>"$log"
    [ $status = 0 ] && status=1
fi
cat "$log"
exit $status
