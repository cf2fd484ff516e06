"""Makes the untrained two-fold model that browser tests run where a real one would take minutes.

python3 models/train/tiny.py --out tests/data/tiny-unet
"""

import argparse
from pathlib import Path

import torch

import cases
import export
import manifest
import networks


def seeded_network(config, seed):
    """Random weights, with a head wide enough that all four labels occur and argmax is nowhere a near tie."""
    torch.manual_seed(seed)
    network = networks.build(config)
    with torch.no_grad():
        network.head.weight.normal_(0, 2)
        network.head.bias.zero_()
    return network


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("tiny.json"))
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    config = cases.load_config(arguments.config)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    folds = []
    for fold, seed in enumerate(config["seeds"]):
        network = seeded_network(config, seed)
        export.export_network(network, config, out / f"fold{fold}.onnx")
        folds.append({**manifest.file_entry(out / f"fold{fold}.onnx"), "heldOut": [], "seed": seed})
    # The first fold's weights unquantised, for tests that compare the two.
    export.export_network(seeded_network(config, config["seeds"][0]), config, out / "fold0.fp32.onnx", int8=False)
    training_data = {"name": "none", "licence": "none", "citation": [], "cases": 0, "synthetic": 0}
    manifest.write(manifest.build(config, network, folds, training_data, {"steps": 0}), out)


if __name__ == "__main__":
    main()
