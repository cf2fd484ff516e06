"""The four architectures of METHOD [P], each from its configuration file (unet.json, segresnet.json, unetr.json,
swin_unetr.json), made of operators that ONNX Runtime Web's WebGPU provider runs in 3-D: no transposed, grouped or depthwise
convolution."""

import torch

import segresnet
import swin_unetr
import unet
import unetr

ARCHITECTURES = {
    "U-Net": unet.UNet,
    "SegResNet": segresnet.SegResNet,
    "UNETR": unetr.UNETR,
    "Swin UNETR": swin_unetr.SwinUNETR,
}


def build(config, tile=None):
    """The network that a configuration describes: its "network" object is the constructor's arguments. `tile`: another extent
    for a network whose masks are made for one, as training on crops needs it."""
    architecture = config["architecture"]
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture {architecture!r} is not known; expected one of {', '.join(ARCHITECTURES)}")
    channels = len(config["contrasts"]), len(config["outputs"]["channels"])
    arguments = dict(config["network"])
    if tile is not None and architecture == "Swin UNETR":
        arguments["tile"] = tile
    return ARCHITECTURES[architecture](*channels, **arguments)


def load(network, state):
    """Gives a network the parameters of a checkpoint. Swin UNETR's masks depend on the tile and stay the network's own."""
    own = network.state_dict()
    masks = {name: value for name, value in own.items() if name.endswith(".regions")}
    network.load_state_dict({**state, **masks})
    return network


MEMORY_FORMAT = torch.channels_last_3d  # what the convolutions run fastest in
