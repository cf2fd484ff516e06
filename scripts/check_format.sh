#!/usr/bin/env bash
# Whether clang-format and prettier would leave every file as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.h' | xargs clang-format-19 --dry-run -Werror
npx --no-install prettier --check --log-level warn web 'tests/*/*.{mjs,json}' scripts bench index.html '*.json' \
    'models/train/*.mjs' 'models/train/*.json'
echo "format: clang-format and prettier agree with every file"
