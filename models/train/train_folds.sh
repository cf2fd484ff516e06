#!/bin/sh
# Trains the five folds of one configuration on two cores: two at a time on one thread each, the last on both.
#   models/train/train_folds.sh CONFIG PREPARED RUNS [OPTION...]      (PREPARED: what prepare.py wrote; options of train.py)
# Run again after a stop: each fold goes on from its checkpoint.
set -eu
config=$1
prepared=$2
runs=$3
shift 3
here=$(dirname "$0")

train() {
    fold=$1
    threads=$2
    shift 2
    "${PYTHON:-python3}" "$here/train.py" --config "$config" --cases "$prepared/real" \
        --synthetic "$prepared/synthetic" --out "$runs" --fold "$fold" --threads "$threads" "$@"
}

(train 0 1 "$@"; train 1 1 "$@") &
first=$!
(train 2 1 "$@"; train 3 1 "$@") &
second=$!
wait "$first"
wait "$second"
train 4 2 "$@"
