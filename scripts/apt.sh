# apt-get for scripts/setup.sh, where another program may be using it: an automatic upgrade, say, or a second set-up.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# apt_patiently LOG ARGUMENTS...: apt-get, after whoever has its locks, for SHAPSLICE_APT_PATIENCE seconds (600). The option waits for
# dpkg's lock alone; apt fails at once for those of its lists and archives, and is then asked again.
apt_patiently() {
    local log="$1" patience="${SHAPSLICE_APT_PATIENCE:-600}" end told=no
    shift
    end=$((SECONDS + patience))
    until as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive ${APT_CONFIG:+APT_CONFIG="$APT_CONFIG"} \
        apt-get -o DPkg::Lock::Timeout="$patience" "$@" >"$log" 2>&1; do
        if ! grep -qE 'Could not get lock|Unable to lock|Unable to acquire' "$log" || [ $SECONDS -ge $end ]; then
            tail -n 20 "$log" >&2
            return 1
        fi
        [ $told = yes ] || echo "setup: another program uses the package manager; waiting for it"
        told=yes
        sleep 1
    done
}
