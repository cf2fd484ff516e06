"""Multi-head self-attention and the transformer block, in operators of opset 17."""

import torch
from torch import nn

import layers


class SelfAttention(nn.Module):
    """Self-attention over tokens [B, T, C], with an additive bias of the scores where one is given."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens, bias=None):
        batch, count, width = tokens.shape
        queries, keys, values = self.project(tokens).reshape(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (queries * self.scale) @ keys.transpose(-2, -1)
        if bias is not None:
            scores = scores + bias
        found = torch.softmax(scores, dim=-1) @ values
        return self.out(found.transpose(1, 2).reshape(batch, count, width))


class MLP(nn.Sequential):
    def __init__(self, width, hidden):
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class TransformerBlock(nn.Module):
    """Pre-norm attention and MLP, each around a shortcut."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention_norm = layers.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.mlp_norm = layers.LayerNorm(width)
        self.mlp = MLP(width, hidden)

    def forward(self, tokens):
        tokens = tokens + self.attention(self.attention_norm(tokens))
        return tokens + self.mlp(self.mlp_norm(tokens))
