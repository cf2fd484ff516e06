"""In which numbers a network is trained: bfloat16 where the processor multiplies them, else float32."""

import os

import torch

# What a processor that multiplies bfloat16 says of itself; without it PyTorch does so in software, 20 times slower.
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}


def multiplies_bfloat16(device):
    if device.type != "cpu":
        return True
    if not os.path.exists("/proc/cpuinfo"):
        return False
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return bool(BFLOAT16_FLAGS & set(file.read().split()))


class Arithmetic:
    """`name` for the model's manifest, `memory_format` in which that arithmetic's convolutions are fastest, and
    `forward()`, the context to run a network in."""

    def __init__(self, device):
        self.device = device
        self.half = multiplies_bfloat16(device)
        self.name = "bfloat16 autocast" if self.half else "float32"
        self.memory_format = torch.channels_last_3d if self.half else torch.contiguous_format

    def forward(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)
