"""Logits of a fold's network, its weights rounded as the int8 file's are, on one prepared case: for check_onnx.mjs.

python3 models/train/reference_logits.py --runs RUNS --fold 0 --image PREPARED/real/CASE.input.npy --out LOGITS.npy
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import cases
import evaluate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("unet.json"))
    parser.add_argument("--runs", required=True)
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--image-out", help="the image as the network got it: padded, where it takes one size only")
    arguments = parser.parse_args()
    config = cases.load_config(arguments.config)
    checkpoint = torch.load(Path(arguments.runs) / config["id"] / f"fold{arguments.fold}.pt", map_location="cpu")
    network = evaluate.load_network(config, checkpoint, int8=True)
    image = np.load(arguments.image)
    image, _ = cases.pad_to(image, image, cases.least_extent(config))
    if arguments.image_out:
        np.save(arguments.image_out, np.ascontiguousarray(image))
    np.save(arguments.out, np.ascontiguousarray(evaluate.logits_of(network, image)))


if __name__ == "__main__":
    main()
