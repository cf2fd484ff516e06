"""Prepared cases (`shapslice prepare`), the folds, and random training crops of them."""

import json
from pathlib import Path

import numpy as np
import torch

REPOSITORY = Path(__file__).resolve().parents[2]


def load_config(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def case_names(folder):
    """Names of the prepared cases below a folder, sorted."""
    return sorted(path.name[: -len(".input.npy")] for path in Path(folder).glob("*.input.npy"))


def load_case(folder, name):
    """(image [4, D, H, W], target fractions [4, D, H, W]) as float32 arrays."""
    image = np.load(Path(folder) / f"{name}.input.npy")
    target = np.load(Path(folder) / f"{name}.target.npy")
    return image, target


def least_extent(config):
    """Extents that every image is padded to: the patch of a network that takes no other size."""
    return config["patch"] if config.get("fixedPatch") else [1, 1, 1]


def pad_to(image, target, extents):
    """Image and target with background behind them, up to `extents` where they are smaller."""
    pad = [(0, 0)] + [(0, max(0, wanted - extent)) for wanted, extent in zip(extents, image.shape[1:])]
    if not any(after for _, after in pad):
        return image, target
    background = np.pad(target[:1], pad, constant_values=1)
    return np.pad(image, pad), np.concatenate([background, np.pad(target[1:], pad)])


def fold_of_cases(names, folds, seed):
    """Which fold holds each case out: a seeded shuffle dealt out in turn, one patient a case."""
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[index]: position % folds for position, index in enumerate(order)}


class CropSampler:
    """Random augmented crops. Cases are drawn evenly, synthetic ones with a fixed share."""

    def __init__(self, real, synthetic, training, seed):
        self.real = real
        self.synthetic = synthetic
        self.training = training
        self.random = np.random.default_rng(seed)
        # Voxels to centre on, by label, so that small labels are seen as often as large ones.
        self.centres = {id(case): self.label_voxels(case[1]) for case in real + synthetic}

    @staticmethod
    def label_voxels(target):
        found = [np.argwhere(target[label] > 0.5) for label in (1, 2, 3)]
        return [voxels for voxels in found if len(voxels)]

    def crop_start(self, case):
        """Where a crop begins and its extents; on a multiple of "cropStep" where a network's tokens ask for one."""
        extent = np.array(case[0].shape[1:])
        size = np.minimum(self.training["crop"], extent)
        step = self.training.get("cropStep", 1)
        centres = self.centres[id(case)]
        if centres and self.random.random() < self.training["tumourCentred"]:
            voxels = centres[self.random.integers(len(centres))]
            centre = voxels[self.random.integers(len(voxels))] + self.random.integers(-12, 13, size=3)
            start = centre - size // 2
        else:
            start = self.random.integers(0, extent - size + 1)
        return np.clip(start, 0, extent - size) // step * step, size

    def augment(self, image):
        """What differs between scanners, per contrast: the brightest voxels, gain, offset, gamma, a field that is brighter on one side, slices
        thicker along one axis, and noise; the background stays 0."""
        brain = image != 0
        shape = (image.shape[0], 1, 1, 1)
        image = self.brighten(self.thicken(image))
        gain = self.random.uniform(0.75, 1.3, size=shape).astype(np.float32)
        offset = self.random.uniform(-0.25, 0.25, size=shape).astype(np.float32)
        bend = self.random.uniform(-0.12, 0.12, size=shape).astype(np.float32)
        noise = self.random.normal(0, self.random.uniform(0, 0.12), size=image.shape).astype(np.float32)
        changed = (image + bend * image * np.abs(image)) * (gain + self.field(image.shape)) + offset + noise
        return np.where(brain, changed, 0).astype(np.float32)

    def field(self, shape):
        """Gain that rises evenly across the crop, by up to a fifth from the middle to an edge, per contrast."""
        slopes = self.random.uniform(-0.2, 0.2, size=(shape[0], 3)).astype(np.float32)
        axes = [np.linspace(-1, 1, extent, dtype=np.float32) for extent in shape[1:]]
        along = [slopes[:, axis].reshape(-1, 1, 1, 1) * values.reshape([1] + [-1 if n == axis else 1 for n in range(3)])
                 for axis, values in enumerate(axes)]
        return along[0] + along[1] + along[2]

    def brighten(self, image):
        """In half of the crops the brightest thousandth of one contrast's brain is up to `brightened` times as bright: vessels
        after gadolinium on other scanners, where no percentile was cut off. Without this a model has never seen z above 8."""
        most = self.training.get("brightened", 1)
        if most <= 1 or self.random.random() > 0.5:
            return image
        image = image.copy()
        contrast = image[self.random.integers(len(image))]
        brain = contrast[contrast != 0]
        if len(brain):
            bright = (contrast >= np.quantile(brain, 0.999)) & (contrast > 0)
            contrast[bright] *= self.random.uniform(1, most)
        return image

    def thicken(self, image):
        """In a third of the crops each contrast is, one time in two, averaged over neighbours along one axis."""
        if self.random.random() > 1 / 3:
            return image
        image = image.copy()
        axis = int(self.random.integers(3))
        for contrast in image:
            if self.random.random() < 0.5:
                contrast[:] = (np.roll(contrast, 1, axis) + contrast + np.roll(contrast, -1, axis)) / 3
        return image

    def turned_window(self, case, start, size):
        """The crop, the head turned by up to 15 degrees about each axis and 0.85 to 1.2 of its size: one trilinear sampling
        of the whole image, of label fractions too."""
        angles = self.random.uniform(-np.pi / 12, np.pi / 12, size=3)
        turn = np.eye(3)
        for axis, angle in enumerate(angles):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            about = np.eye(3)
            about[a, a] = about[b, b] = np.cos(angle)
            about[a, b], about[b, a] = -np.sin(angle), np.sin(angle)
            turn = turn @ about
        turn *= self.random.uniform(0.85, 1.2)
        extent = np.array(case[0].shape[1:])
        size = np.array(self.training["crop"])
        # Voxel `at` of the crop comes from turn (at - middle) + middle + start; grid_sample wants x first, in -1..1.
        to_grid = 2 / extent
        affine = np.zeros((3, 4))
        affine[:, :3] = to_grid[:, None] * turn * (size / 2)[None, :]
        affine[:, 3] = to_grid * (start + size / 2) - 1
        affine = torch.from_numpy(affine[::-1, [2, 1, 0, 3]].astype(np.float32).copy())[None]
        grid = torch.nn.functional.affine_grid(affine, (1, 1, *(int(n) for n in size)), align_corners=False)
        both = torch.from_numpy(np.concatenate([case[0], case[1][1:]]))[None]
        sampled = torch.nn.functional.grid_sample(both, grid, align_corners=False)[0].numpy()
        image, labels = sampled[:4], sampled[4:]
        return image, np.concatenate([1 - labels.sum(axis=0, keepdims=True), labels])

    def drop_contrasts(self, image):
        """In a share of crops, all contrasts but a random coalition are 0 (METHOD 2.3): none of the 14 in between is rarer."""
        share = self.training.get("contrastDropout", 0)
        if not share or self.random.random() >= share:
            return image
        coalition = self.random.integers(1, 2 ** len(image) - 1)
        given = np.array([coalition >> contrast & 1 for contrast in range(len(image))], dtype=image.dtype)
        return image * given[:, None, None, None]

    def crop(self):
        use_synthetic = self.synthetic and self.random.random() < self.training["syntheticShare"]
        pool = self.synthetic if use_synthetic else self.real
        case = pool[self.random.integers(len(pool))]
        start, size = self.crop_start(case)
        if self.random.random() < self.training["turned"]:
            image, target = self.turned_window(case, start, size)
        else:
            window = (slice(None),) + tuple(slice(a, a + n) for a, n in zip(start, size))
            image, target = pad_to(case[0][window], case[1][window], self.training["crop"])
        image = self.drop_contrasts(self.augment(image))
        for axis in (1, 2, 3):
            if self.random.random() < 0.5:
                image, target = np.flip(image, axis), np.flip(target, axis)
        return np.ascontiguousarray(image), np.ascontiguousarray(target), tuple(int(at) for at in start)

    def batch(self):
        """Images [N, 4, ...], targets [N, 4, ...], and where the first crop began."""
        images, targets, starts = zip(*(self.crop() for _ in range(self.training["batch"])))
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(targets)), starts[0]
