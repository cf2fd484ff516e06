"""Layers that the architectures share."""

import torch
from torch import nn


class GroupNorm(nn.GroupNorm):
    """Group normalisation, exported as row means and one BatchNormalization: see instance_norm.py for why."""

    def forward(self, image):
        if not torch.onnx.is_in_onnx_export():
            return super().forward(image.float())  # torch has no kernel for bfloat16 images with float32 weights
        channels = image.shape[1]

        def group_means(rows):
            by_channel = rows.mean(dim=3).mean(dim=(0, 2))
            by_group = by_channel.reshape(self.num_groups, -1).mean(dim=1, keepdim=True)
            return (by_group * torch.ones(1, channels // self.num_groups)).reshape(-1)

        mean = group_means(image.mean(dim=4))
        variance = torch.relu(group_means((image * image).mean(dim=4)) - mean * mean)
        return nn.functional.batch_norm(image, mean.detach(), variance.detach(), self.weight, self.bias, training=False, eps=self.eps)


class LayerNorm(nn.LayerNorm):
    """Layer normalisation in float32, under autocast too."""

    def forward(self, tokens):
        return super().forward(tokens.float())


class SpaceToVoxels(nn.Module):
    """Transposed convolution whose kernel is its stride, as what it equals: a 1x1x1 convolution, then channels moved into
    space. WebGPU runs this one."""

    def __init__(self, inputs, outputs, factor=2):
        super().__init__()
        self.factor = factor
        self.outputs = outputs
        self.convolution = nn.Conv3d(inputs, outputs * factor**3, kernel_size=1)

    def forward(self, features):
        n, _, depth, height, width = features.shape
        factor = self.factor
        blocks = self.convolution(features).reshape(n, self.outputs, factor, factor, factor, depth, height, width)
        blocks = blocks.permute(0, 1, 5, 2, 6, 3, 7, 4)
        return blocks.reshape(n, self.outputs, depth * factor, height * factor, width * factor)


class ResidualBlock(nn.Module):
    """Two 3x3x3 convolutions with instance normalisation and LeakyReLU around a shortcut, as in UNETR's decoder."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = nn.Conv3d(inputs, outputs, kernel_size=3, padding=1, bias=False)
        self.first_norm = nn.InstanceNorm3d(outputs, affine=True)
        self.second = nn.Conv3d(outputs, outputs, kernel_size=3, padding=1, bias=False)
        self.second_norm = nn.InstanceNorm3d(outputs, affine=True)
        self.shortcut = None
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv3d(inputs, outputs, kernel_size=1, bias=False), nn.InstanceNorm3d(outputs, affine=True))

    def forward(self, features):
        kept = features if self.shortcut is None else self.shortcut(features)
        features = nn.functional.leaky_relu(self.first_norm(self.first(features)), 0.01)
        return nn.functional.leaky_relu(self.second_norm(self.second(features)) + kept, 0.01)


class Up(nn.Module):
    """Doubles the extent, joins a skip connection, and blends both in a residual block."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.grow = SpaceToVoxels(inputs, outputs)
        self.blend = ResidualBlock(2 * outputs, outputs)

    def forward(self, features, skip):
        return self.blend(torch.cat([self.grow(features), skip], dim=1))
