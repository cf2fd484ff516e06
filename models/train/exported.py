"""An exported fold read back: its parameters, for training to go on from a model whose checkpoint is gone."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper


def parameters(path, wanted):
    """The file's values for each parameter of the state dictionary `wanted`: int8 weights times their scale, the rest as they
    are. What the file lacks (biases and scales equal to another's, which export.py shares) stays as it is in `wanted`."""
    values = {each.name: numpy_helper.to_array(each) for each in onnx.load(str(path)).graph.initializer}
    found = {}
    for name, own in wanted.items():
        if f"{name}.int8" in values:
            scale = values[f"{name}.scale"].reshape((-1,) + (1,) * (own.dim() - 1))
            found[name] = torch.from_numpy(values[f"{name}.int8"].astype(np.float32) * scale)
        elif name in values:
            found[name] = torch.from_numpy(np.array(values[name]))
        else:
            if not name.endswith(".bias"):
                raise ValueError(f"{path} holds no {name}; expected folds of the same network")
            found[name] = own
    return found


def provenance(path):
    """File name and hash, for the record."""
    return {"file": "/".join(Path(path).parts[-2:]), "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}
