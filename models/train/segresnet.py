"""SegResNet (Myronenko, BrainLes 2018), without the variational branch: residual encoder with group normalisation, small
decoder with trilinear upsampling and added skips."""

from torch import nn

import layers


class Block(nn.Module):
    """Pre-activation residual block: norm, ReLU, 3x3x3 convolution, twice."""

    def __init__(self, channels, groups):
        super().__init__()
        self.path = nn.Sequential(
            layers.GroupNorm(groups, channels), nn.ReLU(), nn.Conv3d(channels, channels, 3, padding=1, bias=False),
            layers.GroupNorm(groups, channels), nn.ReLU(), nn.Conv3d(channels, channels, 3, padding=1, bias=False),
        )

    def forward(self, features):
        return features + self.path(features)


class Upsample(nn.Module):
    """1x1x1 convolution to the finer level's channels, then trilinear to twice the extent."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.narrow = nn.Conv3d(inputs, outputs, kernel_size=1, bias=False)

    def forward(self, features):
        return nn.functional.interpolate(self.narrow(features), scale_factor=2.0, mode="trilinear", align_corners=False)


class SegResNet(nn.Module):
    """Input [N, in_channels, D, H, W], extents multiples of 2 ** (levels - 1); logits of the same extent.

    filters: channels of the finest level, doubled at each coarser one; blocks_down, blocks_up: residual blocks a level,
    finest first (down) and coarsest first (up).
    """

    def __init__(self, in_channels, out_channels, filters, blocks_down, blocks_up, groups):
        super().__init__()
        self.stem = nn.Conv3d(in_channels, filters, kernel_size=3, padding=1, bias=False)
        self.down = nn.ModuleList()
        for level, blocks in enumerate(blocks_down):
            width = filters * 2**level
            shrink = [nn.Conv3d(width // 2, width, kernel_size=3, stride=2, padding=1, bias=False)] if level else []
            self.down.append(nn.Sequential(*shrink, *(Block(width, groups) for _ in range(blocks))))
        self.grow = nn.ModuleList()
        self.up = nn.ModuleList()
        for step, blocks in enumerate(blocks_up):
            width = filters * 2 ** (len(blocks_down) - 2 - step)
            self.grow.append(Upsample(2 * width, width))
            self.up.append(nn.Sequential(*(Block(width, groups) for _ in range(blocks))))
        self.head = nn.Sequential(layers.GroupNorm(groups, filters), nn.ReLU(), nn.Conv3d(filters, out_channels, kernel_size=1))

    def forward(self, image):
        features = self.stem(image)
        skips = []
        for block in self.down:
            features = block(features)
            skips.append(features)
        skips.pop()
        for grow, block in zip(self.grow, self.up):
            features = block(grow(features) + skips.pop())
        return self.head(features)
