"""UNETR (Hatamizadeh et al., WACV 2022): a vision transformer reads the patches of one tile; a convolutional decoder takes
skips from evenly spaced blocks of it."""

import math

import torch
from torch import nn

import attention
import layers


class Rise(nn.Sequential):
    """Token features brought to a finer level: upsampling and a residual block, `steps` times."""

    def __init__(self, inputs, outputs, steps):
        stages = []
        for step in range(steps):
            stages += [layers.SpaceToVoxels(inputs if step == 0 else outputs, outputs), layers.ResidualBlock(outputs, outputs)]
        super().__init__(*stages)


class UNETR(nn.Module):
    """Input [N, in_channels, *tile], extents multiples of 8, the patch; logits of the same extent. `depth` is a multiple of 3:
    skips come after each third of the transformer's blocks but the last, which is the bottom.

    In training the input may be a part of a tile, which begins at voxel `start` of it: its tokens get the positions of that
    part."""

    PATCH = 8
    READS_POSITION = True

    def __init__(self, in_channels, out_channels, tile, filters, width, heads, hidden, depth):
        super().__init__()
        self.grid = [extent // self.PATCH for extent in tile]
        self.every = depth // 3
        self.embed = nn.Conv3d(in_channels, width, kernel_size=self.PATCH, stride=self.PATCH)
        self.positions = nn.Parameter(torch.zeros(1, math.prod(self.grid), width))
        nn.init.trunc_normal_(self.positions, std=0.02)
        self.blocks = nn.ModuleList(attention.TransformerBlock(width, heads, hidden) for _ in range(depth))
        self.norm = layers.LayerNorm(width)
        self.encode_image = layers.ResidualBlock(in_channels, filters)
        self.encode_first = Rise(width, 2 * filters, 2)
        self.encode_second = Rise(width, 4 * filters, 1)
        self.up_quarter = layers.Up(width, 4 * filters)
        self.up_half = layers.Up(4 * filters, 2 * filters)
        self.up_whole = layers.Up(2 * filters, filters)
        self.head = nn.Conv3d(filters, out_channels, kernel_size=1)

    def positions_of(self, start, grid):
        """Rows of the position table for tokens of `grid`, from voxel `start` of the tile on."""
        if grid == self.grid:
            return self.positions
        part = tuple(slice(at // self.PATCH, at // self.PATCH + extent) for at, extent in zip(start, grid))
        return self.positions.reshape(1, *self.grid, -1)[(slice(None), *part)].reshape(1, math.prod(grid), -1)

    def forward(self, image, start=(0, 0, 0)):
        grid = [extent // self.PATCH for extent in image.shape[2:]]
        tokens = self.embed(image).flatten(2).transpose(1, 2) + self.positions_of(start, grid)
        thirds = []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if (index + 1) % self.every == 0:
                thirds.append(tokens)
        first, second, last = (third.transpose(1, 2).reshape(third.shape[0], -1, *grid) for third in (*thirds[:2], self.norm(thirds[2])))
        features = self.up_quarter(last, self.encode_second(second))
        features = self.up_half(features, self.encode_first(first))
        return self.head(self.up_whole(features, self.encode_image(image)))
