"""Swin UNETR (Hatamizadeh et al., BrainLes 2021): attention in shifted windows, merged patches from level to level, and a
convolutional decoder over all levels."""

import itertools
import math

import torch
from torch import nn

import attention
import layers

SPACE = (1, 2, 3)  # axes of [N, D, H, W, C]


def into_windows(volume, size):
    """[N, D, H, W, C] to [N * windows, voxels of a window, C], windows of `size` [d, h, w]."""
    n, depth, height, width, channels = volume.shape
    d, h, w = size
    volume = volume.reshape(n, depth // d, d, height // h, h, width // w, w, channels)
    return volume.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(-1, d * h * w, channels)


def from_windows(windows, size, shape):
    """The inverse of into_windows, for a volume of `shape`."""
    n, depth, height, width, channels = shape
    d, h, w = size
    volume = windows.reshape(n, depth // d, height // h, width // w, d, h, w, channels)
    return volume.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(n, depth, height, width, channels)


def relative_positions(size):
    """Index into a table of all offsets inside a window, for each pair of its voxels."""
    at = torch.stack(torch.meshgrid(*(torch.arange(extent) for extent in size), indexing="ij")).flatten(1)
    found = torch.zeros(1, dtype=torch.long)
    for axis, extent in enumerate(size):
        found = found * (2 * extent - 1) + at[axis, :, None] - at[axis, None, :] + extent - 1
    return found


def shift_regions(grid, size, shift):
    """[windows, T]: which part of the volume each voxel of a window comes from, after the cyclic shift."""
    region = torch.zeros(1, *grid, 1)
    parts = [(slice(0, -whole), slice(-whole, -part), slice(-part, None)) for whole, part in zip(size, shift)]
    for number, (d, h, w) in enumerate(itertools.product(*parts)):
        region[:, d, h, w] = number
    return into_windows(region, size)[:, :, 0]


class SwinBlock(nn.Module):
    """Attention inside windows of a [N, *grid, C] volume, shifted by half a window where `shifted`."""

    def __init__(self, width, heads, grid, window, shifted):
        super().__init__()
        self.window = window
        self.shift = [extent // 2 for extent in window] if shifted else None
        self.attention_norm = layers.LayerNorm(width)
        self.attention = attention.SelfAttention(width, heads)
        self.mlp_norm = layers.LayerNorm(width)
        self.mlp = attention.MLP(width, 4 * width)
        self.table = nn.Parameter(torch.zeros(math.prod(2 * extent - 1 for extent in window), heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        self.register_buffer("positions", relative_positions(window), persistent=False)
        if shifted:
            self.register_buffer("regions", shift_regions(grid, window, self.shift))  # kept: else it is folded in export

    def bias(self, images):
        """Bias of the scores by relative position, [1 or windows, heads, T, T]."""
        tokens = self.positions.shape[0]
        bias = self.table[self.positions.reshape(-1)].reshape(tokens, tokens, -1).permute(2, 0, 1)[None]
        if self.shift is None:
            return bias
        # Voxels that only the shift made neighbours do not see each other. Made here and not kept: 46 MB at the finest level.
        apart = self.regions[:, None, :] != self.regions[:, :, None]
        return (bias - 100.0 * apart[:, None].float()).repeat(images, 1, 1, 1)

    def roll(self, volume, direction):
        if self.shift is None:
            return volume
        return torch.roll(volume, [direction * extent for extent in self.shift], SPACE)

    def forward(self, volume):
        windows = into_windows(self.roll(self.attention_norm(volume), -1), self.window)
        windows = self.attention(windows, self.bias(volume.shape[0]))
        volume = volume + self.roll(from_windows(windows, self.window, volume.shape), 1)
        return volume + self.mlp(self.mlp_norm(volume))


class Merge(nn.Module):
    """Each 2x2x2 block of tokens into one of twice the width."""

    def __init__(self, width):
        super().__init__()
        self.norm = layers.LayerNorm(8 * width)
        self.reduce = nn.Linear(8 * width, 2 * width, bias=False)

    def forward(self, volume):
        n, depth, height, wide, channels = volume.shape
        blocks = volume.reshape(n, depth // 2, 2, height // 2, 2, wide // 2, 2, channels).permute(0, 1, 3, 5, 2, 4, 6, 7)
        return self.reduce(self.norm(blocks.reshape(n, depth // 2, height // 2, wide // 2, 8 * channels)))


def channels_first(volume):
    """[N, D, H, W, C] to [N, C, D, H, W], normalised over channels, as the skips of Swin UNETR are."""
    width = volume.shape[-1]
    # Ones and zeros, because PyTorch exports the layer without them as a node that ONNX does not allow.
    same = torch.ones(width, device=volume.device), torch.zeros(width, device=volume.device)
    return nn.functional.layer_norm(volume.float(), (width,), *same).permute(0, 4, 1, 2, 3)


class SwinUNETR(nn.Module):
    """Input [N, in_channels, *tile]; logits of the same extent. Stage i has heads[i] heads, filters * 2 ** i channels and
    tokens of 2 ** (i + 1) voxels; each stage's extents are multiples of `window`."""

    def __init__(self, in_channels, out_channels, tile, filters, window, heads):
        super().__init__()
        self.embed = nn.Conv3d(in_channels, filters, kernel_size=2, stride=2)
        self.stages = nn.ModuleList()
        self.merges = nn.ModuleList()
        self.encoders = nn.ModuleList([layers.ResidualBlock(in_channels, filters), layers.ResidualBlock(filters, filters)])
        self.ups = nn.ModuleList([layers.Up(filters, filters)])
        for stage, count in enumerate(heads):
            width = filters * 2**stage
            grid = [extent // 2 ** (stage + 1) for extent in tile]
            self.stages.append(nn.Sequential(*(SwinBlock(width, count, grid, window, shifted) for shifted in (False, True))))
            self.merges.append(Merge(width))
            self.encoders.append(layers.ResidualBlock(2 * width, 2 * width))
            self.ups.append(layers.Up(2 * width, width))
        self.head = nn.Conv3d(filters, out_channels, kernel_size=1)

    def forward(self, image):
        volume = self.embed(image).permute(0, 2, 3, 4, 1)
        levels = [image, channels_first(volume)]
        for stage, merge in zip(self.stages, self.merges):
            volume = merge(stage(volume))
            levels.append(channels_first(volume))
        encoded = [encode(level) for encode, level in zip(self.encoders, levels)]
        features = encoded.pop()
        for up in reversed(self.ups):
            features = up(features, encoded.pop())
        return self.head(features)
