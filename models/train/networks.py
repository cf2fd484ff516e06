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


def build(config):
    """The network that a configuration describes: its "network" object is the constructor's arguments."""
    architecture = config["architecture"]
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture {architecture!r} is not known; expected one of {', '.join(ARCHITECTURES)}")
    channels = len(config["contrasts"]), len(config["outputs"]["channels"])
    return ARCHITECTURES[architecture](*channels, **config["network"])


def memory_format(config):
    """What a network's convolutions run fastest in: where attention reads the same tensors, plain order."""
    return torch.contiguous_format if "UNETR" in config["architecture"] else torch.channels_last_3d
