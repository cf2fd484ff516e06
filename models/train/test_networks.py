"""Makes the small networks on which tests compare a rewritten graph with the original: every pattern that src/network rewrites,
and the four architectures as PyTorch exports them. Untrained, seeded.

python3 models/train/test_networks.py --out tests/data/networks
"""

import argparse
import io
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import segresnet
import swin_unetr
import unetr

SEED = 20261124
TILE = [16, 16, 16]


def random_weights(shape, random):
    return random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), size=shape).astype(np.float32)


def single_node(operator, constants, opset=17, extents=("d", "h", "w"), channels=4, elements=TensorProto.FLOAT, **attributes):
    """A model of one node that reads `image` and the constants."""
    dtype = np.float32 if elements == TensorProto.FLOAT else np.float16
    names = [f"constant{n}" for n in range(len(constants))]
    initialisers = [numpy_helper.from_array(value.astype(dtype), name) for name, value in zip(names, constants)]
    node = helper.make_node(operator, ["image", *names], ["found"], name=operator.lower(), **attributes)
    image = helper.make_tensor_value_info("image", elements, [1, channels, *extents])
    found = helper.make_tensor_value_info("found", elements, None)
    graph = helper.make_graph([node], "pattern", [image], [found], initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def transposed(random, kernel, outputs=3, bias=True, group=1, **attributes):
    """ConvTranspose of 4 channels."""
    constants = [random_weights((4, outputs // group, *kernel), random)]
    if bias:
        constants.append(random_weights((outputs,), random))
    return single_node("ConvTranspose", constants, group=group, kernel_shape=list(kernel), **attributes)


def quantised_transposed(random):
    """ConvTranspose of int8 weights with a scale a channel, behind DequantizeLinear."""
    model = transposed(random, (2, 2, 2), strides=[2, 2, 2], bias=False)
    weight = model.graph.initializer[0]
    values = numpy_helper.to_array(weight)
    scale = (np.abs(values).max(axis=(0, 2, 3, 4)) / 127).astype(np.float32)
    whole = np.rint(values / scale[None, :, None, None, None]).astype(np.int8)
    name = weight.name
    model.graph.initializer.remove(weight)
    model.graph.initializer.extend([
        numpy_helper.from_array(whole, "whole"), numpy_helper.from_array(scale, "scale"),
        numpy_helper.from_array(np.zeros(len(scale), np.int8), "zero"),
    ])
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", ["whole", "scale", "zero"], [name], axis=1))
    return model


def normalised(random, opset, per_channel):
    """Conv to 12 channels and GroupNormalization over 3 groups of them."""
    model = single_node("Conv", [random_weights((12, 4, 1, 1, 1), random)], opset=opset)
    count = 12 if per_channel else 3
    graph = model.graph
    graph.initializer.extend([
        numpy_helper.from_array(random.normal(1, 0.3, count).astype(np.float32), "scale"),
        numpy_helper.from_array(random.normal(0, 0.3, count).astype(np.float32), "bias"),
    ])
    graph.node[0].output[0] = "features"
    graph.node.append(helper.make_node("GroupNormalization", ["features", "scale", "bias"], ["found"], num_groups=3, epsilon=1e-4))
    return model


def patterns():
    random = np.random.default_rng(SEED)
    yield "transposed-kernel-is-stride", transposed(random, (2, 2, 2), strides=[2, 2, 2])
    yield "transposed-uneven", transposed(random, (1, 2, 3), strides=[1, 2, 3], bias=False)
    yield "transposed-overlapping", transposed(random, (3, 3, 3), strides=[2, 2, 2], pads=[1] * 6, output_padding=[1, 1, 1])
    yield "transposed-wide", transposed(random, (4, 5, 3), strides=[2, 3, 1], pads=[1, 0, 1, 0, 2, 1])
    yield "transposed-sparse", transposed(random, (2, 2, 2), strides=[3, 3, 3], output_padding=[2, 1, 0])
    yield "transposed-dilated", transposed(random, (3, 2, 3), strides=[2, 2, 1], dilations=[2, 3, 1], pads=[1, 1, 0, 1, 0, 1])
    yield "transposed-grouped", transposed(random, (2, 2, 2), outputs=6, group=2, strides=[2, 2, 2])
    yield "transposed-int8", quantised_transposed(random)
    grouped = [random_weights((6, 2, 3, 3, 3), random), random_weights((6,), random)]
    yield "grouped", single_node("Conv", grouped, group=2, pads=[1] * 6, strides=[2, 1, 1])
    yield "depthwise", single_node("Conv", [random_weights((4, 1, 3, 3, 3), random)], group=4, pads=[2] * 6, dilations=[2, 2, 2])
    yield "group-norm-18", normalised(random, 18, per_channel=False)
    yield "group-norm-21", normalised(random, 21, per_channel=True)
    parameters = [random.normal(1, 0.3, 4).astype(np.float32), random.normal(0, 0.3, 4).astype(np.float32)]
    yield "instance-norm", single_node("InstanceNormalization", parameters, epsilon=1e-5)
    yield "pointwise", pointwise(np.random.default_rng(SEED), TensorProto.FLOAT)
    yield "pointwise-half", pointwise(np.random.default_rng(SEED), TensorProto.FLOAT16)
    yield "instance-norm-18", single_node("InstanceNormalization", parameters, opset=18, epsilon=1e-5)


def pointwise(random, elements):
    """Four contrasts to four labels, each voxel alone."""
    weights = 3 * random.normal(0, 1, size=(4, 4, 1, 1, 1))
    return single_node("Conv", [weights, random.normal(0, 1, size=4)], elements=elements)


def chain(nodes, constants, outputs):
    """A model of several nodes on `image`; constants by name, whole numbers as int64 and others as float32."""
    initialisers = [
        numpy_helper.from_array(np.asarray(value, np.int64 if np.asarray(value).dtype.kind == "i" else np.float32), name)
        for name, value in constants.items()
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 4, "d", "h", "w"])
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "pattern", [image], values, initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def other_peoples():
    """What MONAI's and nnU-Net's exports hold beside convolutions."""
    random = np.random.default_rng(SEED + 1)
    convolution = {"weight": random_weights((5, 4, 3, 3, 3), random), "bias": random_weights((5,), random)}
    padding = {"zeros": [0, 0, 1, 0, 2, 0, 0, 1, 2, 0], "edges": [0, 0, 0, 0, 1, 0, 0, 0, 1, 0], "around": [0, 0, 1, 1, 1, 0, 0, 1, 1, 1]}
    yield "padded", chain([
        helper.make_node("Pad", ["image", "zeros"], ["a"], mode="constant"),
        helper.make_node("Conv", ["a", "weight", "bias"], ["b"], strides=[1, 2, 1], pads=[0, 0, 1, 0, 0, 1]),
        helper.make_node("Pad", ["b", "edges"], ["c"], mode="edge"),
        helper.make_node("Pad", ["b", "edges"], ["d"], mode="reflect"),
        helper.make_node("Pad", ["b", "edges"], ["e"], mode="constant"),
        helper.make_node("Concat", ["c", "d", "e"], ["f"], axis=1),
        helper.make_node("Pad", ["f", "around"], ["found"], mode="constant"),
    ], {**convolution, **padding}, ["found"])
    pools = {
        "average-pool": {},
        "average-pool-padding": dict(pads=[1, 0, 1, 0, 1, 1]),
        "average-pool-padding-counts": dict(pads=[1, 0, 1, 0, 1, 1], count_include_pad=1),
        "average-pool-ceil": dict(ceil_mode=1, strides=[2, 3, 2]),
        "average-pool-ceil-counts": dict(ceil_mode=1, strides=[2, 3, 2], pads=[1] * 6, count_include_pad=1),
    }
    for name, attributes in pools.items():
        yield name, chain([
            helper.make_node("Conv", ["image", "weight", "bias"], ["a"]),
            helper.make_node("AveragePool", ["a"], ["found"], kernel_shape=[2, 3, 2], **{"strides": [2, 2, 2], **attributes}),
        ], convolution, ["found"])
    yield "max-pool-ceil", chain([helper.make_node("MaxPool", ["image"], ["found"], kernel_shape=[3, 3, 3], strides=[2, 2, 2], ceil_mode=1)], {}, ["found"])
    yield "attention", chain([
        helper.make_node("Conv", ["image", "weight", "bias"], ["a"], pads=[1] * 6),
        helper.make_node("Conv", ["a", "one"], ["b"]),
        helper.make_node("Sigmoid", ["b"], ["c"]),
        helper.make_node("Mul", ["c", "a"], ["d"]),
        helper.make_node("Unsqueeze", ["slopes", "axes"], ["shaped"]),
        helper.make_node("PRelu", ["d", "shaped"], ["e"]),
        helper.make_node("Sub", ["two", "e"], ["f"]),
        helper.make_node("Div", ["f", "two"], ["found"]),
    ], {**convolution, "one": random_weights((1, 5, 1, 1, 1), random), "slopes": random.normal(0, 0.3, 5), "axes": [1, 2, 3],
        "two": np.array([2.0])}, ["found"])
    yield "coarse-first", chain([
        helper.make_node("MaxPool", ["image"], ["a"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
        helper.make_node("Conv", ["a", "head"], ["coarse"]),
        helper.make_node("ConvTranspose", ["a", "up"], ["b"], strides=[2, 2, 2], pads=[1] * 6, output_padding=[1] * 3),
        helper.make_node("Conv", ["b", "head"], ["found"]),
    ], {"head": random_weights((3, 4, 1, 1, 1), random), "up": random_weights((4, 4, 3, 3, 3), random)}, ["coarse", "found"])


def impossible():
    """What the page refuses by name."""
    random = np.random.default_rng(SEED)
    one_channel = single_node("Conv", [random_weights((4, 1, 1, 1, 1), random)], channels=1)
    yield "one-channel", one_channel
    two_inputs = single_node("Conv", [random_weights((4, 4, 1, 1, 1), random)])
    two_inputs.graph.input.append(helper.make_tensor_value_info("prompt", TensorProto.FLOAT, [1]))
    yield "two-inputs", two_inputs


class TransposedUNet(nn.Module):
    """Two levels with a transposed convolution up, as nnU-Net and MONAI build theirs."""

    def __init__(self):
        super().__init__()
        self.first = self.block(4, 6)
        self.down = nn.Sequential(nn.Conv3d(6, 8, 3, stride=2, padding=1), nn.InstanceNorm3d(8, affine=True), nn.LeakyReLU(0.01))
        self.up = nn.ConvTranspose3d(8, 6, 2, stride=2)
        self.last = self.block(12, 6)
        self.head = nn.Conv3d(6, 3, 1)

    @staticmethod
    def block(inputs, outputs):
        return nn.Sequential(nn.Conv3d(inputs, outputs, 3, padding=1), nn.InstanceNorm3d(outputs, affine=True), nn.LeakyReLU(0.01))

    def forward(self, image):
        first = self.first(image)
        return torch.sigmoid(self.head(self.last(torch.cat([self.up(self.down(first)), first], dim=1))))


class TransposedUp(nn.Module):
    """The transposed convolution that layers.SpaceToVoxels stands for, as others would export the same network."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.up = nn.ConvTranspose3d(inputs, outputs, 2, stride=2)

    def forward(self, features):
        return self.up(features)


def with_transposed_convolutions(network):
    for module in network.modules():
        for name, child in list(module.named_children()):
            if type(child).__name__ == "SpaceToVoxels":
                setattr(module, name, TransposedUp(child.convolution.in_channels, child.outputs))
    return network


class PlainGroupNorm(nn.GroupNorm):
    pass


def with_plain_group_norm(network):
    for module in network.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.GroupNorm):
                setattr(module, name, PlainGroupNorm(child.num_groups, child.num_channels))
    return network


def architectures():
    torch.manual_seed(SEED)
    yield "unet", TransposedUNet(), True
    yield "segresnet", with_plain_group_norm(segresnet.SegResNet(4, 4, filters=4, blocks_down=[1, 1], blocks_up=[1], groups=2)), True
    small = unetr.UNETR(4, 4, tile=TILE, filters=4, width=16, heads=2, hidden=24, depth=3)
    yield "unetr", with_transposed_convolutions(small), False
    small = swin_unetr.SwinUNETR(4, 4, tile=TILE, filters=4, window=[4, 4, 4], heads=[1, 2])
    yield "swin-unetr", with_transposed_convolutions(small), False


def export(network, dynamic):
    """As PyTorch writes it: no help from export.py."""
    for parameter in network.parameters():
        if parameter.dim() == 1:  # norms and biases away from where they start
            nn.init.normal_(parameter, 0.5, 0.3)
    buffer = io.BytesIO()
    space = {2: "depth", 3: "height", 4: "width"}
    torch.onnx.export(
        network.eval(), torch.zeros(1, 4, *TILE), buffer, opset_version=17, input_names=["image"], output_names=["found"],
        dynamic_axes={"image": space, "found": space} if dynamic else None,
    )
    return onnx.load_from_string(buffer.getvalue())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    out = Path(parser.parse_args().out)
    out.mkdir(parents=True, exist_ok=True)
    for name, model in [*patterns(), *other_peoples(), *impossible()]:
        onnx.save(model, str(out / f"{name}.onnx"))
    split = out.parent / "split"
    split.mkdir(exist_ok=True)
    onnx.save_model(dict(patterns())["pointwise"], str(split / "split.onnx"), save_as_external_data=True, location="split.onnx.data",
                    size_threshold=0)
    for name, network, dynamic in architectures():
        onnx.save(export(network, dynamic), str(out / f"{name}.onnx"))


if __name__ == "__main__":
    main()
