#!/usr/bin/env bash
# Whether the JSDoc types of all JavaScript hold.
set -euo pipefail
cd "$(dirname "$0")/.."
npx --no-install tsc -p .
echo "types: tsc --checkJs found nothing to say"
