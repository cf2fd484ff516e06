"""model.json, what the page knows of a model: built from the architecture's configuration and the exported files."""

import hashlib
import json
from pathlib import Path

SCHEMA_VERSION = 1
# Passed on from the configuration as they are.
FROM_CONFIGURATION = ("id", "architecture", "name", "description", "contrasts", "spacing", "patch", "multiple", "fixedPatch", "outputs")


def file_entry(path):
    """File name, hash and size: what the page checks before it runs a fold."""
    content = Path(path).read_bytes()
    return {"file": Path(path).name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def build(config, network, folds, training_data, trained_with):
    manifest = {"schemaVersion": SCHEMA_VERSION}
    manifest.update({field: config[field] for field in FROM_CONFIGURATION if field in config})
    manifest.update({
        "axes": "zyx",
        "input": "image",
        "output": "logits",
        "normalisation": "zscore-nonzero",
        "quantisation": "int8 weights per output channel",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "folds": folds,
        "trainingData": training_data,
        "trainedWith": trained_with,
    })
    return manifest


def write(manifest, folder):
    Path(folder, "model.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
