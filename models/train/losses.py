"""Half Dice over the five BraTS regions, half focal cross-entropy, on soft targets (label fractions of a 2 mm voxel)."""

import torch

REGIONS = ("ET", "NCR", "ED", "TC", "WT")
# Label channels (background, NCR, ED, ET) that make up each of them.
REGION_CHANNELS = ((3,), (1,), (2,), (1, 3), (1, 2, 3))


def region_sums(labels):
    """[N, 4, ...] label probabilities or fractions to [N, 5, ...] region ones."""
    return torch.stack([labels[:, list(channels)].sum(dim=1) for channels in REGION_CHANNELS], dim=1)


def dice_loss(probabilities, target):
    """1 - mean Dice of the regions, overlaps counted over the whole batch: a crop without a region then says nothing."""
    predicted, wanted = region_sums(probabilities), region_sums(target)
    axes = (0, 2, 3, 4)
    overlap = (predicted * wanted).sum(axes)
    total = predicted.sum(axes) + wanted.sum(axes)
    return 1 - ((2 * overlap + 1) / (total + 1)).mean()


def focal_loss(log_probabilities, target, gamma):
    """Cross-entropy that counts a voxel less the surer it already is, averaged over voxels."""
    agreement = (log_probabilities.exp() * target).sum(dim=1)
    cross_entropy = -(target * log_probabilities).sum(dim=1)
    return ((1 - agreement) ** gamma * cross_entropy).mean()


def segmentation_loss(logits, target, training):
    log_probabilities = torch.log_softmax(logits.float(), dim=1)
    dice = dice_loss(log_probabilities.exp(), target)
    focal = focal_loss(log_probabilities, target, training["focalGamma"])
    # The focal term is small beside Dice once most of the background is sure; 5 keeps both felt.
    return training["diceWeight"] * dice + (1 - training["diceWeight"]) * 5 * focal
