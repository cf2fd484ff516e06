"""A PyTorch network as one .onnx file with open axes, and the entry of model.json that pins it."""

import hashlib
import inspect
from pathlib import Path

import onnx
import torch

OPSET = 17
SEQUENCES = {
    "t1c": ("t1c", "t1ce", "t1gd", "t1ca", "t1post", "t1contrast", "t1wce", "t1wgd", "t1km"),
    "t1n": ("t1n", "t1", "t1w", "t1native", "t1pre"),
    "t2f": ("t2f", "flair", "t2flair", "t2wflair", "fla"),
    "t2w": ("t2w", "t2"),
}


def sequence(title):
    """t1c, t1n, t2f or t2w of a channel's name; stops with a sentence where it is none of them."""
    word = "".join(letter for letter in title.lower() if letter.isalnum())
    for name, words in SEQUENCES.items():
        if word in words:
            return name
    raise SystemExit(f'"{title}" is no sequence that ShapSlice knows; expected T1c, T1, FLAIR and T2, each once.')


def sequences(titles):
    """The order of the input channels; stops with a sentence where it is not the four, each once."""
    found = [sequence(title) for title in titles]
    if sorted(found) != sorted(SEQUENCES):
        raise SystemExit(f'The channels are {", ".join(titles)}; expected T1c, T1, FLAIR and T2, each once.')
    return found


def numbered(names):
    """["T1", "T2"] of {"0": "T1", "10": "T2"}, by number and not by text."""
    return [names[key] for key in sorted(names, key=int)]


def load_state(network, state):
    """Weights as training saved them, whatever it was wrapped in."""
    for prefix in ("module.", "_orig_mod."):
        if all(name.startswith(prefix) for name in state):
            state = {name[len(prefix):]: tensor for name, tensor in state.items()}
    network.load_state_dict(state)
    return network.eval()


def load_checkpoint(path):
    """A checkpoint may hold more than tensors: trust where it comes from."""
    newer = {"weights_only": False} if int(torch.__version__.split(".")[0]) >= 2 else {}
    return torch.load(path, map_location="cpu", **newer)


def write_onnx(network, path, extents):
    """Writes `network` for one image of four sequences. `extents`: any input that it runs on, slowest axis first; the file
    then takes every size that the network does. Gives back the file's entry in "folds" of model.json."""
    path = Path(path)
    space = {2: "slow", 3: "middle", 4: "fast"}
    # The newer exporter writes the weights into a second file; this one file is easier to carry.
    one_file = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with torch.no_grad():
        torch.onnx.export(
            network.eval(), torch.zeros(1, 4, *extents), str(path), opset_version=OPSET, input_names=["image"],
            output_names=["logits"], dynamic_axes={"image": space, "logits": space}, **one_file,
        )
    onnx.checker.check_model(onnx.load(str(path)))
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
