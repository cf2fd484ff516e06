#!/usr/bin/env bash
# Builds the site into dist/: a folder any static file server can carry.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${SHAPSLICE_SKIP_SETUP:-}" = 1 ] || scripts/setup.sh build
. ./emsdk_env.sh

started=$SECONDS
[ -f build/wasm/build.ninja ] || cmake --preset wasm >build-configure.log || { cat build-configure.log; exit 1; }
cmake --build --preset wasm --target engine convnet app
node scripts/assemble_site.mjs
echo "build: dist/ is ready after $((SECONDS - started)) s"
