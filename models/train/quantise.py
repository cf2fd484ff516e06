"""Int8 weights per output channel: symmetric, scale = largest magnitude / 127. Activations stay float.

Weights of convolutions and of linear layers; biases, norms and position tables stay float.
"""

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

LARGE_TABLE = 1024  # elements; smaller ones are not worth a node


def quantise_channels(weight):
    """(int8 values, float32 scale per output channel) of a [out, in, ...] array."""
    largest = np.abs(weight.reshape(weight.shape[0], -1)).max(axis=1)
    scale = np.maximum(largest, 1e-12).astype(np.float32) / np.float32(127)
    shape = (-1,) + (1,) * (weight.ndim - 1)
    values = np.clip(np.rint(weight / scale.reshape(shape)), -127, 127).astype(np.int8)
    return values, scale


def round_weights(network):
    """Gives a torch network's layers the weights that the int8 file stands for."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (torch.nn.Conv3d, torch.nn.Linear)):
                values, scale = quantise_channels(module.weight.numpy())
                shape = (-1,) + (1,) * (values.ndim - 1)
                module.weight.copy_(torch.from_numpy(values.astype(np.float32) * scale.reshape(shape)))


def fold_linear_weights(graph):
    """torch writes a linear layer as MatMul by the Transpose of its [out, in] weight: the weight is kept transposed."""
    initialisers = {each.name: each for each in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in initialisers]:
        weight = initialisers[node.input[0]]
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(weight).T), node.output[0]))
        graph.initializer.remove(weight)
        graph.node.remove(node)


def output_channel_axes(graph):
    """Weights to quantise, by name, with the axis of their output channels."""
    initialisers = {each.name for each in graph.initializer}
    axes = {"Conv": 0, "MatMul": 1}
    return {node.input[1]: axes[node.op_type] for node in graph.node if node.op_type in axes and node.input[1] in initialisers}


def narrow_tables(graph):
    """Tables of whole numbers, exactly: small ones among floats (which part of the volume a voxel of a shifted window comes from)
    as int8 behind DequantizeLinear of scale 1, what Gather looks up as int32."""
    looked_up = {node.input[1] for node in graph.node if node.op_type == "Gather"}
    added = []
    for each in list(graph.initializer):
        values = numpy_helper.to_array(each)
        if values.size < LARGE_TABLE:
            continue
        if each.name in looked_up and values.dtype == np.int64:
            each.CopyFrom(numpy_helper.from_array(values.astype(np.int32), each.name))
        elif values.dtype == np.float32 and np.array_equal(values, np.rint(values)) and np.abs(values).max() <= 127:
            graph.initializer.remove(each)
            graph.initializer.extend([
                numpy_helper.from_array(values.astype(np.int8), f"{each.name}.int8"),
                numpy_helper.from_array(np.float32(1), f"{each.name}.scale"),
            ])
            inputs = [f"{each.name}.int8", f"{each.name}.scale"]
            added.append(helper.make_node("DequantizeLinear", inputs, [each.name], name=f"{each.name}.dequantise"))
    return added


def quantise_model(model):
    """Replaces the float weight of each Conv and linear layer by int8 values behind DequantizeLinear."""
    graph = model.graph
    fold_linear_weights(graph)
    initialisers = {each.name: each for each in graph.initializer}
    added = narrow_tables(graph)
    for name, axis in output_channel_axes(graph).items():
        values, scale = quantise_channels(np.moveaxis(numpy_helper.to_array(initialisers[name]), axis, 0))
        graph.initializer.remove(initialisers[name])
        graph.initializer.extend([
            numpy_helper.from_array(np.ascontiguousarray(np.moveaxis(values, 0, axis)), f"{name}.int8"),
            numpy_helper.from_array(scale, f"{name}.scale"),
            numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}.zero"),
        ])
        inputs = [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
        added.append(helper.make_node("DequantizeLinear", inputs, [name], name=f"{name}.dequantise", axis=axis))
    nodes = added + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
