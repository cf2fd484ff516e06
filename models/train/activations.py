"""Ranges of a model's activations, by which the page's own engine runs it in whole numbers (docs/ENGINE.md).

python3 models/train/activations.py --cases PREPARED/real --out models/unet

Runs each fold in floats on cases that it was trained on, with all contrasts and with each alone, and writes the least and
largest value of each tensor into the fold's entry of model.json. A network that the engine does not take gets none.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import cases

CASES = 4  # of a fold's training cases, evenly spread


def inputs_of(prepared: Path, held_out: list[str]) -> list[Path]:
    files = [path for path in sorted(prepared.glob("*.input.npy")) if path.name.split(".input")[0] not in held_out]
    return files[:: max(1, len(files) // CASES)][:CASES]


def ranges(program: Path, network: Path, inputs: list[Path], order: list[int]) -> dict | None:
    """{tensor: [least, largest]} over the inputs; None where the engine does not take the network."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for path in inputs:
            image = np.load(path)
            ordered = Path(scratch) / "input.npy"
            np.save(ordered, np.ascontiguousarray(image[order]))
            shape = ",".join(str(extent) for extent in reversed(image.shape[1:]))
            outcome = subprocess.run(
                [program, "activations", "--network", network, "--shape", shape, ordered],
                capture_output=True,
                text=True,
            )
            if outcome.returncode != 0 and not outcome.stderr.startswith(f"{network.name}: "):
                raise RuntimeError(outcome.stderr.strip())  # not a word on the network: a step before went wrong
            if outcome.returncode != 0:
                print(f"{network.name}: runs in floats: {outcome.stderr.strip()}")
                return None
            for tensor, (low, high) in json.loads(outcome.stdout).items():
                least, largest = found.get(tensor, [low, high])
                found[tensor] = [min(least, low), max(largest, high)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", required=True, type=Path, help="prepared real cases")
    parser.add_argument("--out", required=True, type=Path, help="the model's folder")
    parser.add_argument("--program", type=Path, default=cases.REPOSITORY / "build/native/shapslice")
    arguments = parser.parse_args()
    path = arguments.out / "model.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    prepared_order = ["t1c", "t1n", "t2f", "t2w"]
    order = [prepared_order.index(contrast) for contrast in manifest["contrasts"]]
    for fold in manifest["folds"]:
        fold.pop("activations", None)
    for fold in manifest["folds"]:
        inputs = inputs_of(arguments.cases, fold.get("heldOut", []))
        found = ranges(arguments.program, arguments.out / fold["file"], inputs, order)
        if found is None:
            break
        fold["activations"] = found
        print(f"{fold['file']}: {len(found)} ranges over {len(inputs)} cases")
    text = json.dumps(manifest, indent=2)
    text = re.sub(r"\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]", r"[\1, \2]", text)  # a range a line
    path.write_text(text + "\n", encoding="utf-8")


main()
