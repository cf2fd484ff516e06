"""Small networks whose state dicts have the names that nnU-Net's and MONAI's have, and folders as these libraries write them, with
random weights: what models/export is tested on where the libraries cannot be installed.

    python3 layouts.py nnunet FOLDER regions|labels      python3 layouts.py bundle FOLDER

Prints nothing. Beside the folder's own files it writes, for each fold, an input and what the network makes of it: FOLDER/expected.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn


# --- nnU-Net's PlainConvUNet (dynamic_network_architectures) -----------------------------------------------------------

class ConvDropoutNormReLU(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.conv = nn.Conv3d(channels_in, channels_out, 3, stride, 1)
        self.norm = nn.InstanceNorm3d(channels_out, eps=1e-5, affine=True)
        self.nonlin = nn.LeakyReLU(inplace=True)
        self.all_modules = nn.Sequential(self.conv, self.norm, self.nonlin)

    def forward(self, x):
        return self.all_modules(x)


class StackedConvBlocks(nn.Module):
    def __init__(self, count, channels_in, channels_out, stride):
        super().__init__()
        self.convs = nn.Sequential(*[
            ConvDropoutNormReLU(channels_out if n else channels_in, channels_out, 1 if n else stride) for n in range(count)])

    def forward(self, x):
        return self.convs(x)


class Encoder(nn.Module):
    def __init__(self, channels_in, features, strides, counts):
        super().__init__()
        before = [channels_in, *features[:-1]]
        self.stages = nn.Sequential(*[
            nn.Sequential(StackedConvBlocks(*each)) for each in zip(counts, before, features, map(tuple, strides))])

    def forward(self, x):
        skips = []
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        return skips


class Decoder(nn.Module):
    def __init__(self, encoder, features, strides, counts, classes, deep_supervision):
        super().__init__()
        self.deep_supervision = deep_supervision
        self.encoder = encoder  # its weights are in the state dict a second time
        levels = range(len(features) - 1, 0, -1)
        self.stages = nn.ModuleList([StackedConvBlocks(counts[0], 2 * features[n - 1], features[n - 1], 1) for n in levels])
        self.transpconvs = nn.ModuleList([
            nn.ConvTranspose3d(features[n], features[n - 1], tuple(strides[n]), tuple(strides[n])) for n in levels])
        self.seg_layers = nn.ModuleList([nn.Conv3d(features[n - 1], classes, 1) for n in levels])

    def forward(self, skips):
        x, outputs = skips[-1], []
        for n, (raise_, stage, segment) in enumerate(zip(self.transpconvs, self.stages, self.seg_layers)):
            x = stage(torch.cat((raise_(x), skips[-n - 2]), 1))
            outputs.append(segment(x))
        return outputs[::-1] if self.deep_supervision else outputs[-1]


class PlainConvUNet(nn.Module):
    def __init__(self, input_channels, n_stages, features_per_stage, conv_op, kernel_sizes, strides, n_conv_per_stage,
                 num_classes, n_conv_per_stage_decoder, norm_op, deep_supervision):
        super().__init__()
        assert conv_op is nn.Conv3d and norm_op is nn.InstanceNorm3d and len(strides) == n_stages == len(kernel_sizes)
        self.encoder = Encoder(input_channels, features_per_stage, strides, n_conv_per_stage)
        self.decoder = Decoder(self.encoder, features_per_stage, strides, n_conv_per_stage_decoder, num_classes, deep_supervision)

    def forward(self, x):
        return self.decoder(self.encoder(x))


# --- MONAI's SegResNet -------------------------------------------------------------------------------------------------

def convolution(channels_in, channels_out, kernel=3, stride=1):
    layer = nn.Sequential()
    layer.add_module("conv", nn.Conv3d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False))
    return layer


class ResBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, channels), nn.GroupNorm(8, channels)
        self.act = nn.ReLU(inplace=True)
        self.conv1, self.conv2 = convolution(channels, channels), convolution(channels, channels)

    def forward(self, x):
        return x + self.conv2(self.act(self.norm2(self.conv1(self.act(self.norm1(x))))))


class SegResNet(nn.Module):
    def __init__(self, in_channels, out_channels, init_filters, blocks_down, blocks_up, spatial_dims=3):
        super().__init__()
        filters = [init_filters * 2**n for n in range(len(blocks_down))]
        self.convInit = convolution(in_channels, filters[0])
        self.down_layers = nn.ModuleList([
            nn.Sequential(convolution(filters[n - 1], width, 3, 2) if n else nn.Identity(), *[ResBlock(width) for _ in range(count)])
            for n, (width, count) in enumerate(zip(filters, blocks_down))])
        raised = filters[::-1]
        self.up_layers = nn.ModuleList([nn.Sequential(*[ResBlock(raised[n + 1]) for _ in range(count)]) for n, count in enumerate(blocks_up)])
        self.up_samples = nn.ModuleList([
            nn.Sequential(convolution(raised[n], raised[n + 1], 1), nn.Upsample(scale_factor=2, mode="trilinear", align_corners=False))
            for n in range(len(blocks_up))])
        self.conv_final = nn.Sequential(nn.GroupNorm(8, init_filters), nn.ReLU(inplace=True), convolution(init_filters, out_channels, 1))

    def forward(self, x):
        x = self.convInit(x)
        skips = []
        for layer in self.down_layers:
            x = layer(x)
            skips.append(x)
        for raise_, layer, skip in zip(self.up_samples, self.up_layers, skips[-2::-1]):
            x = layer(raise_(x) + skip)
        return self.conv_final(x)


# --- folders -----------------------------------------------------------------------------------------------------------

def write_expected(network, folder, name, extents):
    """What the network makes of some input, as float32 that any program reads."""
    image = torch.randn(1, 4, *extents)
    with torch.no_grad():
        logits = network.eval()(image)
    for what, tensor in (("input", image), ("logits", logits)):
        tensor.numpy().tofile(folder / f"{name}.{what}.f32")
    (folder / f"{name}.json").write_text(json.dumps({"extents": extents, "channels": logits.shape[1]}))


def nnunet(folder, kind):
    strides = [[1, 1, 1], [2, 2, 2], [1, 2, 2]]
    arguments = {
        "n_stages": 3, "features_per_stage": [8, 16, 16], "conv_op": "torch.nn.modules.conv.Conv3d", "kernel_sizes": 3 * [[3, 3, 3]],
        "strides": strides, "n_conv_per_stage": [2, 2, 2], "n_conv_per_stage_decoder": [2, 2],
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    }
    full = {
        "patch_size": [50, 64, 48], "spacing": [1.5, 1.0, 1.0], "normalization_schemes": 4 * ["ZScoreNormalization"],
        "use_mask_for_norm": 4 * [True],
        "architecture": {"network_class_name": "layouts.PlainConvUNet", "arch_kwargs": arguments, "_kw_requires_import": ["conv_op", "norm_op"]},
    }
    plans = {
        "dataset_name": "Dataset500_Layout", "plans_name": "nnUNetPlans", "transpose_forward": [1, 0, 2],
        "configurations": {"2d": {"patch_size": [64, 64], "spacing": [1, 1]}, "3d_base": full, "3d_fullres": {"inherits_from": "3d_base"}},
    }
    regions = {"background": 0, "whole tumor": [1, 2, 3], "enhancing tumor": [3], "tumor core": [2, 3]}
    labels = {"background": 0, "edema": 1, "necrosis": 2, "enhancing tumor": 3}
    dataset = {
        "channel_names": {"0": "FLAIR", "1": "T1", "2": "T1ce", "3": "T2"}, "labels": regions if kind == "regions" else labels,
        "numTraining": 5, "file_ending": ".nii.gz", **({"regions_class_order": [1, 3, 2]} if kind == "regions" else {}),
    }
    for name, content in (("plans", plans), ("dataset", dataset)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1))
    operators = {"conv_op": nn.Conv3d, "norm_op": nn.InstanceNorm3d}
    for fold in range(5):
        torch.manual_seed(fold)
        network = PlainConvUNet(4, num_classes=3 if kind == "regions" else 4, deep_supervision=True, **{**arguments, **operators})
        (folder / f"fold_{fold}").mkdir()
        torch.save({"network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer"}, folder / f"fold_{fold}/checkpoint_final.pth")
        network.decoder.deep_supervision = False
        write_expected(network, folder / "expected", f"fold_{fold}", [12, 16, 20])


def bundle(folder):
    arguments = {"in_channels": 4, "out_channels": 3, "init_filters": 8, "blocks_down": [1, 2, 2], "blocks_up": [1, 1]}
    config = {
        "network_def": {"_target_": "layouts.SegResNet", "spatial_dims": 3, **arguments},
        "preprocessing": {"_target_": "Compose", "transforms": [
            {"_target_": "LoadImaged", "keys": "image"}, {"_target_": "Spacingd", "keys": "image", "pixdim": [1.0, 1.25, 1.0]},
            {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True, "channel_wise": True}]},
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [96, 80, 64], "overlap": 0.5},
    }
    channels = {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}
    shape = 3 * ["4*n"]
    metadata = {"name": "Layout of a bundle", "version": "0.1.0", "network_data_format": {
        "inputs": {"image": {"num_channels": 4, "spatial_shape": shape, "channel_def": channels}},
        "outputs": {"pred": {"num_channels": 3, "spatial_shape": shape,
                             "channel_def": {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}}}}}
    (folder / "configs").mkdir()
    (folder / "models").mkdir()
    for name, content in (("inference", config), ("metadata", metadata)):
        (folder / f"configs/{name}.json").write_text(json.dumps(content, indent=1))
    torch.manual_seed(7)
    network = SegResNet(**arguments)
    torch.save(network.state_dict(), folder / "models/model.pt")
    write_expected(network, folder / "expected", "model", [12, 16, 20])


if __name__ == "__main__":
    out = Path(sys.argv[2])
    (out / "expected").mkdir(parents=True)
    nnunet(out, sys.argv[3]) if sys.argv[1] == "nnunet" else bundle(out)
