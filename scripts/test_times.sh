# What tests and builds take, for scripts/test.sh. Clock and processor (user and system, with all child processes that are waited for) differ
# where a test waits, keeps both cores busy, or the machine has other work.

# timed NAME COMMAND...: its seconds go where tests/run_test.sh puts a test's.
timed() {
    local name="$1" TIMEFORMAT='%R %U %S'
    shift
    { time "$@" 2>&3; } 3>&2 2>"$SHAPSLICE_TEST_LOGS/$name.seconds"
}

# One line for each .seconds file: suite, name, clock, processor.
times_lines() {
    local file name
    for file in "$SHAPSLICE_TEST_LOGS"/*.seconds; do
        name="$(basename "$file" .seconds)"
        awk -v name="$name" -v suite="${name%%.*}" 'NF == 3 { printf "%s\t%s\t%.1f\t%.1f\n", suite, name, $1, $2 + $3 }' "$file"
    done
}

times_tables() {
    echo '| suite | tests | clock, s | processor, s |'
    echo '|---|---|---|---|'
    times_lines | awk -F'\t' '{ n[$1]++; clock[$1] += $3; cpu[$1] += $4 }
        END { for (s in n) printf "| %s | %d | %.0f | %.0f |\n", s, n[s], clock[s], cpu[s] }' | sort
    times_lines | awk -F'\t' '{ cpu += $4 } END { printf "| total | | | %.0f |\n", cpu }'
    echo
    echo '| test | clock, s | processor, s |'
    echo '|---|---|---|'
    times_lines | sort -t"$(printf '\t')" -k4,4nr | awk -F'\t' '{ printf "| %s | %s | %s |\n", $2, $3, $4 }'
}
