"""A MONAI bundle as .onnx and model.json.

    python3 models/export/monai_bundle.py brats_mri_segmentation OUT

Several checkpoints of one bundle, as of a cross-validation, become the folds of one model:

    python3 models/export/monai_bundle.py BUNDLE OUT --weights models/model_fold0.pt models/model_fold1.pt

Needs PyTorch, onnx and MONAI.
"""

import argparse
import json
import pydoc
import sys
from pathlib import Path

from write_onnx import load_checkpoint, load_state, numbered, sequences, write_onnx

REGIONS = {"WT": "whole", "TC": "core", "ET": "enhancing"}


def region(title):
    words = title.lower()
    for name, word in REGIONS.items():
        if words == name.lower() or word in words:
            return name
    raise SystemExit(f'metadata.json: the channel "{title}" is not known; expected whole tumour, tumour core and enhancing tumour.')


def config_of(bundle):
    path = bundle / "configs/inference.json"
    if not path.exists():
        raise SystemExit(f"{path}: there is no such file. Save the bundle's inference.yaml as JSON first.")
    return path, json.loads(path.read_text())


def network_of(bundle):
    """The bundle's network_def; by MONAI's own reader, which knows short names, references and expressions."""
    path, config = config_of(bundle)
    try:
        from monai.bundle import ConfigParser
    except ImportError:
        definition = dict(config["network_def"])
        kind = pydoc.locate(definition.pop("_target_"))
        if kind is None:
            raise SystemExit(f"{path}: its network_def needs MONAI; install it.") from None
        return kind(**definition)
    parser = ConfigParser()
    parser.read_config(str(path))
    parser["bundle_root"] = str(bundle)
    return parser.get_parsed_content("network_def")


def transform(config, name):
    """The first transform of the preprocessing that is called so; {} where there is none."""
    for each in config.get("preprocessing", {}).get("transforms", []):
        if each.get("_target_", "").split(".")[-1].startswith(name):
            return each
    return {}


def weights_of(path):
    """A checkpoint is the weights themselves, or holds them under a name."""
    state = load_checkpoint(path)
    for name in ("model", "state_dict", "network"):
        if isinstance(state.get(name), dict):
            state = state[name]
    return state


def multiple_of(image):
    """8 of "8*n"; 16 where metadata.json says nothing of the kind."""
    found = [extent.split("*")[0] for extent in image.get("spatial_shape", []) if isinstance(extent, str)]
    return max((int(each) for each in found if each.isdigit()), default=16)


def export(bundle, out, weights):
    metadata = json.loads((bundle / "configs/metadata.json").read_text())["network_data_format"]
    image, prediction = (next(iter(metadata[side].values())) for side in ("inputs", "outputs"))
    _, config = config_of(bundle)
    multiple = multiple_of(image)
    channels = [region(title) for title in numbered(prediction["channel_def"])]
    folds = []
    for number, name in enumerate(weights):
        network = load_state(network_of(bundle), weights_of(bundle / name))
        file = "model.onnx" if len(weights) == 1 else f"fold_{number}.onnx"
        folds.append(write_onnx(network, out / file, 3 * [4 * multiple]))
    window = config.get("inferer", {}).get("roi_size")
    if not (isinstance(window, list) and len(window) == 3 and all(isinstance(extent, int) for extent in window)):
        window = 3 * [128]
    title = json.loads((bundle / "configs/metadata.json").read_text()).get("name", bundle.resolve().name)
    return {
        "schemaVersion": 1, "id": title, "name": title, "architecture": config["network_def"]["_target_"].split(".")[-1],
        "description": "A MONAI bundle.", "contrasts": sequences(numbered(image["channel_def"])), "axes": "xyz",
        "spacing": transform(config, "Spacing").get("pixdim", [1, 1, 1]),
        "patch": [-(-extent // multiple) * multiple for extent in window], "multiple": multiple, "fixedPatch": False,
        "fieldOfView": "image", "padding": "patch", "normalisation": "zscore-nonzero", "input": "image", "output": "logits",
        "outputs": {"kind": "regions", "activation": "sigmoid", "decoding": "threshold", "channels": channels},
        "folds": folds,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the folder with configs and models")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", nargs="+", default=["models/model.pt"], help="below the bundle; one a fold")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    model = export(given.bundle, given.out, given.weights)
    (given.out / "model.json").write_text(json.dumps(model, indent=1) + "\n")
    print(f'{given.out}: {len(model["folds"])} files and model.json', file=sys.stderr)


if __name__ == "__main__":
    main()
