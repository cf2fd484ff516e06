#!/usr/bin/env bash
# Installs what the project needs and is not there yet. Safe to run again: what is present is left alone.
#   scripts/setup.sh build   compilers, third-party source and libraries, Emscripten, npm packages
#   scripts/setup.sh test    the above, and what only tests need: Chromium, nibabel, scipy, PyTorch
#   scripts/setup.sh train   the above of `build`, and Debian's PyTorch for models/train
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"
tools="$root/.toolchain"
what="${1:-build}"
mkdir -p "$tools"

say() { printf 'setup: %s\n' "$*"; }
. scripts/apt.sh

# --- Debian packages of the system -------------------------------------------------------------------------------

build_packages=(clang-19 lld-19 llvm-19 clang-format-19 libclang-rt-19-dev libc++-19-dev libc++abi-19-dev
    cmake ninja-build protobuf-compiler patchelf xz-utils bzip2 binutils ca-certificates python3 git)
test_packages=(chromium python3-nibabel python3-scipy python3-torch python3-onnx zlib1g-dev)
train_packages=(python3-torch python3-onnx python3-nibabel python3-scipy)

updated=no
refresh_package_lists() {
    [ "$updated" = yes ] && return
    apt_patiently "$tools/apt.log" update -qq
    updated=yes
}

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]}"
    refresh_package_lists
    apt_patiently "$tools/apt.log" install -y -qq --no-install-recommends "${missing[@]}" || exit 1
}

# --- private apt roots: packages and sources taken apart, never installed ----------------------------------------

# The mirror this machine already uses; the project names suites only.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(RELEASE)' 'Created-By: Packages' |
        awk -F'|' '$2 == "bookworm" || $3 == "bookworm" { print $1; exit }'
}

# private_apt SUITE ARGUMENTS...: apt-get against SUITE alone, blind to the system's packages and sources.
private_apt() {
    local suite="$1" apt="$tools/apt/$1" mirror key
    shift
    if [ ! -f "$apt/ready" ]; then
        mirror="$(debian_mirror)"
        [ -n "$mirror" ] || { say "no Debian mirror is configured for apt on this machine" >&2; exit 1; }
        key=/usr/share/keyrings/debian-archive-keyring.gpg
        mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/etc/sources.list.d" "$apt/state/lists/partial" "$apt/cache/archives/partial"
        printf 'deb [signed-by=%s] %s %s main\ndeb-src [signed-by=%s] %s %s main\n' "$key" "$mirror" "$suite" "$key" "$mirror" "$suite" >"$apt/etc/sources.list"
        : >"$apt/state/status"
        # The machine's own transport settings (proxies, clocks) still apply.
        cp /etc/apt/apt.conf.d/* "$apt/etc/apt.conf.d/" 2>/dev/null || true
        cat >"$apt/apt.conf" <<CONF
Dir::Etc "$apt/etc";
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
CONF
        APT_CONFIG="$apt/apt.conf" apt-get update -qq
        touch "$apt/ready"
    fi
    APT_CONFIG="$apt/apt.conf" apt-get -qq "$@"
}

# unpack_debs SUITE FOLDER PACKAGE...: the packages' files below FOLDER.
unpack_debs() {
    local suite="$1" folder="$2" scratch
    shift 2
    scratch="$(mktemp -d "$tools/deb.XXXXXX")"
    (cd "$scratch" && private_apt "$suite" download "$@" && for deb in *.deb; do dpkg -x "$deb" "$folder"; done)
    rm -rf "$scratch"
}

# unpack_source SUITE PACKAGE FOLDER ARCHIVE SHA256: the upstream source of a Debian source package, checked.
unpack_source() {
    local suite="$1" package="$2" folder="$tools/src/$3" archive="$4" sha="$5" scratch
    [ -f "$folder/.sha256" ] && [ "$(cat "$folder/.sha256")" = "$sha" ] && return
    say "fetching the source of $package"
    scratch="$(mktemp -d "$tools/source.XXXXXX")"
    (cd "$scratch" && private_apt "$suite" source --download-only "$package" >/dev/null)
    echo "$sha  $scratch/$archive" | sha256sum --check --status || { say "$archive is not the pinned version of $package" >&2; exit 1; }
    rm -rf "$folder"
    mkdir -p "$folder"
    tar -xf "$scratch/$archive" -C "$folder" --strip-components=1
    echo "$sha" >"$folder/.sha256"
    rm -rf "$scratch"
}

third_party_source() {
    unpack_source bookworm nifticlib nifticlib nifticlib_3.0.1.orig.tar.gz 868b611b5f8a3a73809436c9072db50db4975615905f0bd5fb7b1432e6d24b37
    unpack_source bookworm libdeflate libdeflate libdeflate_1.14.orig.tar.gz 89e7df898c37c3427b0f39aadcf733731321a278771d20fc553f92da8d4808ac
    unpack_source bookworm protobuf protobuf protobuf_3.21.12.orig.tar.gz 930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53
    unpack_source trixie imgui imgui imgui_1.90.1+ds.orig.tar.xz ecce377df0f90b292f15dcbd83d438bddc162b2388c881132bde18c787572a1c
    # Header-only libraries, GoogleTest's source and the typeface: unpacked, so that the WebAssembly build never sees the system's headers.
    local pinned=(libeigen3-dev=3.4.0-4 nlohmann-json3-dev=3.11.2-2 libexpected-dev=1.0.0~dfsg-3 libonnx-dev=1.12.0-2+b4 googletest=1.12.1-0.2 fonts-roboto-unhinted=2:0~20170802-3)
    if [ "$(cat "$tools/packages/.pinned" 2>/dev/null)" != "${pinned[*]}" ]; then
        say "fetching Eigen, nlohmann-json, expected, ONNX's format, GoogleTest, Roboto"
        rm -rf "$tools/packages"
        unpack_debs bookworm "$tools/packages" "${pinned[@]}"
        echo "${pinned[*]}" >"$tools/packages/.pinned"
    fi
}

# --- Emscripten --------------------------------------------------------------------------------------------------

# Emscripten 3.1.69 from Debian trixie, driven by bookworm's LLVM 19; its binaryen runs on trixie's own C library.
unpack_emscripten() {
    local to="$tools/emscripten" libs="$tools/emscripten/trixie-libs" program
    say "unpacking Emscripten 3.1.69"
    rm -rf "$to"
    unpack_debs trixie "$to" emscripten binaryen
    unpack_debs trixie "$libs" libc6 libstdc++6 libgcc-s1
    local loader lib_path
    loader="$(find "$libs" -name 'ld-linux-x86-64.so.2' \( -type f -o -type l \) | head -n 1)"
    [ -n "$loader" ] || loader="$(find "$libs" -name 'ld-linux*.so*' | head -n 1)"
    lib_path="$(find "$libs" "$to/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)"
    for program in "$to"/usr/bin/wasm*; do
        patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$lib_path" "$program" 2>/dev/null || true
    done
    # A package.json of its own: without one npm would install into the project, and Node would take Emscripten's scripts for
    # modules as the project's are.
    echo '{ "private": true }' >"$to/usr/share/emscripten/package.json"
    (cd "$to/usr/share/emscripten" && npm install --no-audit --no-fund --loglevel=error acorn@8 >/dev/null)
    cat >"$to/.emscripten" <<CONF
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
BINARYEN_ROOT = '$to/usr'
NODE_JS = '$(command -v node)'
FROZEN_CACHE = False
CACHE = '$to/cache'
CONF
    # The package carries the prebuilt system libraries below its own folder; the cache starts as a copy of them.
    if [ -d "$to/usr/share/emscripten/cache" ]; then cp -a "$to/usr/share/emscripten/cache" "$to/cache"; fi
}

emscripten_present() { (. ./emsdk_env.sh) >/dev/null 2>&1; }

# --- npm ---------------------------------------------------------------------------------------------------------

npm_packages() {
    local stamp="node_modules/.shapslice-lock"
    cmp -s package-lock.json "$stamp" && return
    say "installing npm packages"
    # Install scripts would download binaries that nothing here uses.
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    cp package-lock.json "$stamp"
}

# --- third-party libraries, compiled once for every checkout that has this toolchain -----------------------------------

# third_party_libraries PRESET...: cmake/third_party.cmake says where they go, and that what is there is left alone.
third_party_libraries() {
    local preset failed=0 pids=()
    for preset in "$@"; do
        (
            cmake --preset "$preset" -B "$tools/build/$preset" -DSHAPSLICE_THIRD_PARTY_ONLY=ON &&
                cmake --build "$tools/build/$preset"
        ) >"$tools/third_party_$preset.log" 2>&1 &
        pids+=($!)
    done
    for preset in "${pids[@]}"; do wait "$preset" || failed=1; done
    [ $failed = 0 ] || { say "a third-party library does not compile: see .toolchain/third_party_*.log" >&2; exit 1; }
}

install_packages "${build_packages[@]}"
[ "$what" = test ] && install_packages "${test_packages[@]}"
[ "$what" = train ] && install_packages "${train_packages[@]}"
third_party_source
emscripten_present || unpack_emscripten
npm_packages
. ./emsdk_env.sh
if [ "$what" = test ]; then third_party_libraries wasm native native-sanitize; else third_party_libraries wasm; fi
say "ready: $(emcc --version | head -n 1)"
