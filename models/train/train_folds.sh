#!/bin/sh
# Trains the five folds of one configuration or of several, two at a time on one thread each.
#   models/train/train_folds.sh PREPARED RUNS CONFIG...      (PREPARED: what prepare.py wrote)
# Run again after a stop: each fold goes on from its checkpoint, finished ones are passed over. Options of train.py can be
# given in TRAIN_OPTIONS, how many run at a time in JOBS (1 on a GPU).
set -eu
prepared=$1
runs=$2
shift 2
here=$(dirname "$0")

for config in "$@"; do
    for fold in 0 1 2 3 4; do echo "--config $config --fold $fold"; done
done | xargs -P "${JOBS:-2}" -L 1 "${PYTHON:-/usr/bin/python3}" "$here/train.py" \
    --cases "$prepared/real" --synthetic "$prepared/synthetic" --out "$runs" ${TRAIN_OPTIONS:-}
