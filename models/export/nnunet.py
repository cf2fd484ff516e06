"""A trained nnU-Net v2 folder as one .onnx a fold and a whole model.json.

    python3 models/export/nnunet.py nnUNet_results/Dataset137_BraTS/nnUNetTrainer__nnUNetPlans__3d_fullres OUT

Needs PyTorch, onnx, and what the network's class is from (dynamic_network_architectures, which comes with nnU-Net).
"""

import argparse
import json
import pydoc
import sys
from pathlib import Path

from write_onnx import load_checkpoint, load_state, numbered, sequences, write_onnx

LABELS = {
    "background": "background",
    "NCR": ("ncr", "necrosis", "necrotic core", "netc", "ncr/net", "net", "non-enhancing tumor", "non-enhancing tumor core",
            "necrotic and non-enhancing tumor core"),
    "ED": ("ed", "edema", "oedema", "peritumoral edema", "snfh"),
    "ET": ("et", "enhancing", "enhancing tumor", "enhancing tumour"),
}


def label(title):
    for name, words in LABELS.items():
        if title.lower().replace("_", " ") in (words if isinstance(words, tuple) else (words,)):
            return name
    raise SystemExit(f'dataset.json: the label "{title}" is not known; expected background, NCR, ED and ET by usual names.')


def configuration(plans, name):
    """A configuration of plans.json with what it inherits."""
    found = dict(plans["configurations"][name])
    inherited = found.pop("inherits_from", None)
    return {**configuration(plans, inherited), **found} if inherited else found


def regions(labels):
    """WT, TC and ET in the order of the channels: of three regions, each contains the next."""
    sets = {title: set(value if isinstance(value, list) else [value]) for title, value in labels.items()}
    sets = {title: values for title, values in sets.items() if values != {0} and title not in ("background", "ignore")}
    nested = sorted(sets, key=lambda title: -len(sets[title]))
    if len(nested) != 3 or not sets[nested[0]] > sets[nested[1]] > sets[nested[2]]:
        raise SystemExit(f'dataset.json: the regions are {", ".join(sets)}; expected three, each within the one before.')
    names = dict(zip(nested, ("WT", "TC", "ET")))
    return [names[title] for title in sets]


def outputs(labels):
    """"outputs" of model.json."""
    if any(isinstance(value, list) for value in labels.values()):
        channels = regions(labels)
        return {"kind": "regions", "activation": "sigmoid", "decoding": "threshold", "channels": channels, "painting": channels}
    titles = sorted((title for title in labels if title != "ignore"), key=lambda title: int(labels[title]))
    return {"kind": "labels", "activation": "softmax", "channels": [label(title) for title in titles]}


def network_of(planned, channels):
    """The network that a configuration describes, without deep supervision."""
    if "architecture" not in planned:
        raise SystemExit("plans.json says no architecture: it is of nnU-Net before 2.4. Plan again with a newer one, or build "
                         "the network as that version does and give it to write_onnx().")
    architecture = planned["architecture"]
    arguments = dict(architecture["arch_kwargs"])
    for name in architecture["_kw_requires_import"]:
        arguments[name] = pydoc.locate(arguments[name]) if arguments[name] else None
    kind = pydoc.locate(architecture["network_class_name"])
    if kind is None:
        raise SystemExit(f'{architecture["network_class_name"]} cannot be imported; install what it is from.')
    return kind(input_channels=4, num_classes=channels, deep_supervision=False, **arguments)


def halvings(planned):
    """What every extent must be a multiple of: the strides along the axis that is halved most often."""
    product = [1, 1, 1]
    for stride in planned["architecture"]["arch_kwargs"]["strides"]:
        product = [a * b for a, b in zip(product, stride if isinstance(stride, list) else 3 * [stride])]
    return max(product)


def export(trained, out, name, checkpoint):
    plans, dataset = (json.loads((trained / file).read_text()) for file in ("plans.json", "dataset.json"))
    planned = configuration(plans, name)
    if any(scheme != "ZScoreNormalization" for scheme in planned.get("normalization_schemes", [])):
        raise SystemExit("plans.json: images were not all normalised by ZScoreNormalization, which is all that ShapSlice has.")
    found = outputs(dataset["labels"])
    multiple = halvings(planned)
    folds = []
    for path in sorted(trained.glob(f"fold_*/{checkpoint}"), key=lambda path: (len(path.parent.name), path.parent.name)):
        network = load_state(network_of(planned, len(found["channels"])), load_checkpoint(path)["network_weights"])
        folds.append(write_onnx(network, out / f"{path.parent.name}.onnx", 3 * [2 * multiple]))
    if not folds:
        raise SystemExit(f"{trained}: there is no fold_*/{checkpoint}.")
    title = plans["dataset_name"] + ("" if plans["plans_name"] == "nnUNetPlans" else " " + plans["plans_name"])
    return {
        "schemaVersion": 1, "id": title, "name": title, "architecture": planned["architecture"]["network_class_name"].split(".")[-1],
        "description": f"Trained by nnU-Net, {name}.",
        "contrasts": sequences(numbered(dataset["channel_names"])),
        "axes": "".join("zyx"[axis] for axis in plans.get("transpose_forward", [0, 1, 2])),
        "spacing": planned["spacing"], "patch": [-(-extent // multiple) * multiple for extent in planned["patch_size"]],
        "multiple": multiple, "fixedPatch": False, "fieldOfView": "brain", "padding": "patch", "normalisation": "zscore-nonzero",
        "input": "image", "output": "logits", "outputs": found, "folds": folds,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="the folder with plans.json, dataset.json and fold_0, fold_1 ...")
    parser.add_argument("out", type=Path)
    parser.add_argument("--configuration", help="of plans.json; else the end of the folder's name says it")
    parser.add_argument("--checkpoint", default="checkpoint_final.pth")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    name = given.configuration or (given.trained.resolve().name.split("__")[-1] if "__" in given.trained.resolve().name else "3d_fullres")
    model = export(given.trained, given.out, name, given.checkpoint)
    (given.out / "model.json").write_text(json.dumps(model, indent=1) + "\n")
    print(f'{given.out}: {len(model["folds"])} folds and model.json', file=sys.stderr)


if __name__ == "__main__":
    main()
