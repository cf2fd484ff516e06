#!/bin/sh
# Trains the five folds on two cores: two at a time on one thread each, the last on both.
#   models/train/train_folds.sh PREPARED RUNS      (PREPARED: what prepare.py wrote)
# Run again after a stop: each fold goes on from its checkpoint.
set -eu
prepared=$1
runs=$2
here=$(dirname "$0")

train() {
    "${PYTHON:-python3}" "$here/train.py" --cases "$prepared/real" \
        --synthetic "$prepared/synthetic" --out "$runs" --fold "$1" --threads "$2"
}

(train 0 1; train 1 1) &
first=$!
(train 2 1; train 3 1) &
second=$!
wait "$first"
wait "$second"
train 4 2
