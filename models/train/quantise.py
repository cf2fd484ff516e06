"""Int8 weights per output channel: symmetric, scale = largest magnitude / 127. Activations stay float."""

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper


def quantise_channels(weight):
    """(int8 values, float32 scale per output channel) of a [out, in, ...] array."""
    largest = np.abs(weight.reshape(weight.shape[0], -1)).max(axis=1)
    scale = np.maximum(largest, 1e-12).astype(np.float32) / np.float32(127)
    shape = (-1,) + (1,) * (weight.ndim - 1)
    values = np.clip(np.rint(weight / scale.reshape(shape)), -127, 127).astype(np.int8)
    return values, scale


def round_weights(network):
    """Gives a torch network's convolutions the weights that the int8 file stands for."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv3d):
                values, scale = quantise_channels(module.weight.numpy())
                shape = (-1,) + (1,) * (values.ndim - 1)
                module.weight.copy_(torch.from_numpy(values.astype(np.float32) * scale.reshape(shape)))


def quantise_model(model):
    """Replaces each Conv's float weight by int8 values behind DequantizeLinear (axis 0)."""
    graph = model.graph
    initialisers = {each.name: each for each in graph.initializer}
    weights = [node.input[1] for node in graph.node if node.op_type == "Conv" and node.input[1] in initialisers]
    added = []
    for name in weights:
        values, scale = quantise_channels(numpy_helper.to_array(initialisers[name]))
        graph.initializer.remove(initialisers[name])
        graph.initializer.extend([
            numpy_helper.from_array(values, f"{name}.int8"),
            numpy_helper.from_array(scale, f"{name}.scale"),
            numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}.zero"),
        ])
        inputs = [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
        added.append(helper.make_node("DequantizeLinear", inputs, [name], name=f"{name}.dequantise", axis=0))
    nodes = added + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
