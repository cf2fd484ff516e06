#!/usr/bin/env bash
# That set-up waits for a package manager that is busy: another process holds each lock of an apt root of its own for a while.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/apt.sh
as_root() { "$@"; } # the root below is the test's own
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/etc/{apt.conf.d,preferences.d,sources.list.d} "$scratch"/state/lists/partial "$scratch"/cache/archives/partial
: >"$scratch/etc/sources.list"
: >"$scratch/state/status"
cat >"$scratch/apt.conf" <<CONF
Dir::Etc "$scratch/etc";
Dir::State "$scratch/state";
Dir::State::status "$scratch/state/status";
Dir::Cache "$scratch/cache";
APT::Sandbox::User "$(id -un)";
CONF
export APT_CONFIG="$scratch/apt.conf"

# hold FILE SECONDS: as apt does, by a lock of the whole file; comes back when it is held.
hold() {
    coproc /usr/bin/python3 -c 'import fcntl, sys, time
file = open(sys.argv[1], "w"); fcntl.lockf(file, fcntl.LOCK_EX); print("held", flush=True); time.sleep(float(sys.argv[2]))' "$1" "$2"
    read -r <&"${COPROC[0]}"
}

hold "$scratch/state/lists/lock" 2
apt_patiently "$scratch/log" -qq update >"$scratch/said"
grep -q 'another program uses the package manager' "$scratch/said" || { echo "FAILED: nothing was waited for"; exit 1; }
echo "waited for the lock of the lists"
wait

hold "$scratch/state/lists/lock" 30
if SHAPSLICE_APT_PATIENCE=1 apt_patiently "$scratch/log" -qq update >/dev/null 2>"$scratch/errors"; then
    echo "FAILED: the lock was not in the way"
    exit 1
fi
grep -q 'Could not get lock' "$scratch/errors"
kill "$COPROC_PID"
echo "gave up when patience was at its end, with apt's own words"

if apt_patiently "$scratch/log" install -y no-such-package-of-debian >/dev/null 2>"$scratch/errors"; then exit 1; fi
grep -q 'Unable to locate package' "$scratch/errors"
echo "did not wait where waiting does not help"
