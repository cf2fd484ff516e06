# Puts a usable Emscripten (3.1.69 or later) on PATH. Source it: `. ./emsdk_env.sh`.
# Order: an activated emsdk or any emcc on PATH, then $EMSDK, then the copy that scripts/setup.sh unpacked.

_shapslice_root="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")" && pwd)"
_shapslice_wanted="3.1.69"

# True when the emcc given runs and its version is at least the wanted one.
_shapslice_emcc_ok() {
    local version
    version="$("$1" --version 2>/dev/null | sed -n '1s/.* \([0-9]*\.[0-9]*\.[0-9]*\).*/\1/p')"
    [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$_shapslice_wanted" "$version" | sort -V | head -n 1)" = "$_shapslice_wanted" ]
}

if command -v emcc >/dev/null 2>&1 && _shapslice_emcc_ok emcc; then
    :
elif [ -n "${EMSDK:-}" ] && [ -x "$EMSDK/upstream/emscripten/emcc" ] && _shapslice_emcc_ok "$EMSDK/upstream/emscripten/emcc"; then
    export PATH="$EMSDK/upstream/emscripten:$PATH"
    [ -f "$EMSDK/.emscripten" ] && export EM_CONFIG="$EMSDK/.emscripten"
elif [ -x "$_shapslice_root/.toolchain/emscripten/usr/share/emscripten/emcc" ]; then
    export PATH="$_shapslice_root/.toolchain/emscripten/usr/share/emscripten:$PATH"
    export EM_CONFIG="$_shapslice_root/.toolchain/emscripten/.emscripten"
fi

if command -v emcc >/dev/null 2>&1 && _shapslice_emcc_ok emcc; then
    # The folder that holds cmake/Modules/Platform/Emscripten.cmake; an installed emcc may be a link.
    EMSCRIPTEN_ROOT="$(em-config EMSCRIPTEN_ROOT 2>/dev/null || dirname "$(readlink -f "$(command -v emcc)")")"
    export EMSCRIPTEN_ROOT
    unset _shapslice_root _shapslice_wanted
else
    unset _shapslice_root _shapslice_wanted
    echo "Emscripten 3.1.69 or later was not found; run scripts/setup.sh first." >&2
    return 1 2>/dev/null || exit 1
fi
