"""What a run could spare by not computing where nothing is: for each convolution the share of its voxels whose window sees
one and the same constant, by voxels and by bricks of 1 x 4 x 8. There every voxel of the output is the same.

python3 models/train/background.py --config models/train/unet.json --model models/unet/fold0.onnx --cases PREPARED/real CASE...
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import cases
import exported
import networks

BRICK = (1, 4, 8)  # k, j, i
DECIMALS = 4


def background_of(volume):
    """Where a volume [channels][k][j][i] has its most frequent value, as booleans with the value itself. What differs by
    rounding alone, which depends on where in a vector a voxel lies, counts as the same."""
    first = np.round(volume[0].ravel(), DECIMALS)
    values, counts = np.unique(first, return_counts=True)
    at = int(np.flatnonzero(first == values[counts.argmax()])[0])
    value = volume.reshape(len(volume), -1)[:, at]
    return (np.abs(volume - value[:, None, None, None]) < 2 * 10.0**-DECIMALS).all(axis=0), value


def constant_windows(volume, kernel, stride, padding):
    """Booleans of the output's voxels whose window holds the background alone."""
    same, value = background_of(volume)
    edge = bool((value == 0).all())  # padding is zeros
    padded = np.pad(same, [(p, p) for p in padding], constant_values=edge)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel)[:: stride[0], :: stride[1], :: stride[2]]
    return windows.all(axis=(3, 4, 5))


def in_bricks(constant):
    """Booleans of the voxels in bricks that are constant throughout."""
    padded = np.pad(constant, [(0, -extent % side) for extent, side in zip(constant.shape, BRICK)], constant_values=True)
    k, j, i = padded.shape
    bricks = padded.reshape(k // BRICK[0], BRICK[0], j // BRICK[1], BRICK[1], i // BRICK[2], BRICK[2]).all(axis=(1, 3, 5))
    spread = np.repeat(np.repeat(np.repeat(bricks, BRICK[0], 0), BRICK[1], 1), BRICK[2], 2)
    return spread[tuple(slice(extent) for extent in constant.shape)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cases", required=True, help="folder of prepared cases")
    parser.add_argument("--layers", action="store_true", help="print each convolution, too")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    config = cases.load_config(arguments.config)
    network = networks.build(config)
    network.load_state_dict(exported.parameters(Path(arguments.model), network.state_dict()))
    network.eval()
    found = []

    def measure(module, inputs, output):
        volume = inputs[0][0].numpy()
        constant = constant_windows(volume, module.kernel_size, module.stride, module.padding)
        products = output[0].numel() * module.in_channels * np.prod(module.kernel_size)
        found.append((float(products), float(constant.mean()), float(in_bricks(constant).mean()), tuple(output.shape[1:])))

    for module in network.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.register_forward_hook(measure)
    for name in arguments.names:
        image, _ = cases.pad_to(*cases.load_case(arguments.cases, name), cases.least_extent(config))
        for label, channels in (("all contrasts", (0, 1, 2, 3)), ("the first alone", (0,))):
            found.clear()
            masked = np.zeros_like(image)
            masked[list(channels)] = image[list(channels)]
            with torch.no_grad():
                network(torch.from_numpy(masked)[None])
            total = sum(products for products, *_ in found)
            for products, voxels, bricks, shape in found if arguments.layers else []:
                print(f"  {shape}: {products / total:6.1%} of the products, constant {voxels:6.1%}, in bricks {bricks:6.1%}")
            spared = [sum(row[0] * row[n] for row in found) / total for n in (1, 2)]
            print(f"{config['name']}, {name}, {label}: products spared {spared[0]:.1%} by voxels, {spared[1]:.1%} by bricks")


if __name__ == "__main__":
    main()
