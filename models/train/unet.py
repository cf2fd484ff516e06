"""U-Net (Cicek et al., MICCAI 2016) with the residual-free blocks of nnU-Net (Isensee et al., Nature Methods 2021)."""

import torch
from torch import nn


class ConvBlock(nn.Sequential):
    """Conv 3x3x3, instance normalisation, LeakyReLU."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__(
            nn.Conv3d(inputs, outputs, kernel_size=3, stride=stride, padding=1),
            nn.InstanceNorm3d(outputs, affine=True),
            nn.LeakyReLU(0.01),
        )


class UNet(nn.Module):
    """U-Net with two blocks a level, strided convolution down and nearest-neighbour upsampling up.

    Input [N, in_channels, D, H, W] with D, H, W multiples of 2 ** (levels - 1); output logits of the same extent.
    """

    def __init__(self, in_channels, out_channels, widths):
        super().__init__()
        self.down = nn.ModuleList()
        channels = in_channels
        for level, width in enumerate(widths):
            stride = 1 if level == 0 else 2
            self.down.append(nn.Sequential(ConvBlock(channels, width, stride), ConvBlock(width, width)))
            channels = width
        self.up = nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.up.append(nn.Sequential(ConvBlock(channels + width, width), ConvBlock(width, width)))
            channels = width
        self.head = nn.Conv3d(channels, out_channels, kernel_size=1)

    def forward(self, image):
        skips = []
        features = image
        for block in self.down:
            features = block(features)
            skips.append(features)
        skips.pop()
        for block in self.up:
            features = nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(torch.cat([features, skips.pop()], dim=1))
        return self.head(features)
