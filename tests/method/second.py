"""A second implementation of docs/method.md, written from that page alone: a case of NIfTI files and a model's manifest in;
labels, values and everything that follows from them out. Sections in brackets are the page's.

It shares nothing with the program: files are read by nibabel, and what runs the network is the caller's.
"""

import itertools
import math

import nibabel as nib
import numpy as np

SEQUENCES = ["t1c", "t1n", "t2f", "t2w"]
N = len(SEQUENCES)
FULL = 2**N - 1
REGIONS = {"ET": [3], "NCR": [1], "ED": [2], "TC": [1, 3], "WT": [1, 2, 3]}
PROTOCOL = [1, 3, 2, 3]
YARDSTICKS = {"ET": [1, 3, 3, 3], "NCR": [1, 3, 3, 3], "ED": [3.5, 3.5, 1, 2]}
YARDSTICKS |= {"TC": YARDSTICKS["ET"], "WT": YARDSTICKS["ED"], "mean": PROTOCOL}
F4 = np.float32


# --- Images [8.1 to 8.3] -------------------------------------------------------------------------------------------

def read_case(folder):
    """Images by sequence and labels as arrays [i, j, k] in RAS+, and the spacing in mm. Files as published: one grid, and a
    background that is exactly 0 [8.3]."""
    images = {}
    for name in SEQUENCES + ["seg"]:
        (path,) = folder.glob(f"*-{name}.nii*")
        image = nib.as_closest_canonical(nib.load(path))
        data = np.asanyarray(image.dataobj).astype("f8").astype(F4)
        images[name] = np.where(np.isfinite(data), data, F4(0))
        spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
    labels = np.rint(images.pop("seg")).astype(np.uint8)
    assert set(np.unique(labels)) <= {0, 1, 2, 3}, "labels of another convention than BraTS 2023's"
    for image in images.values():
        faces = np.concatenate([np.take(image, end, axis).ravel() for axis in range(3) for end in (0, -1)])
        assert np.mean(faces == 0) > 0.99, "this reads skull-stripped files only"
    return images, labels, spacing


def z_score(image):
    brain = image != 0
    values = image[brain].astype("f8")
    mean, deviation = values.mean(), values.std()  # of the population
    scale = F4(1 / deviation) if deviation > max(1e-12 * abs(mean), 1e-30) else F4(0)
    return np.where(brain, (image - F4(mean)) * scale, F4(0)).astype(F4)


# --- To the model and back [8.4] -----------------------------------------------------------------------------------

class Grid:
    """Where the model's grid lies in the case: its box, extents and padding."""

    def __init__(self, images, spacing, manifest):
        some = np.any([image != 0 for image in images.values()], axis=0)
        ends = [np.flatnonzero(some.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        self.box = tuple(slice(int(at[0]), int(at[-1]) + 1) for at in ends)
        self.extent = [at.stop - at.start for at in self.box]
        self.case = spacing
        self.model = manifest["spacing"][::-1]  # the file's are slowest first
        self.patch = manifest["patch"][::-1]
        self.content = [
            max(1, math.ceil(e * c / s - 1e-4)) for e, c, s in zip(self.extent, self.case, self.model)
        ]
        multiple = manifest["multiple"]
        self.padded = [-(-n // multiple) * multiple for n in self.content]

    def resampled(self, volume):
        """Of the box to the content, padded by zeros at the high ends."""
        taps = [
            linear_taps(n, s / c, e) for n, s, c, e in zip(self.content, self.model, self.case, self.extent)
        ]
        out = np.zeros(self.padded, F4)
        out[tuple(slice(n) for n in self.content)] = blended(volume[self.box], taps)
        return out

    def restored(self, volume):
        taps = [
            linear_taps(e, c / s, n) for n, s, c, e in zip(self.content, self.model, self.case, self.extent)
        ]
        return blended(volume[tuple(slice(n) for n in self.content)], taps)


def linear_taps(outputs, step, extent):
    at = np.clip((np.arange(outputs) + 0.5) * step - 0.5, 0, extent - 1)
    low = np.minimum(at.astype(int), max(0, extent - 2))
    return low, np.minimum(low + 1, extent - 1), (at - low).astype(F4)


def blended(volume, taps):
    for axis in (2, 1, 0):
        low, high, share = taps[axis]
        share = share.reshape([-1 if n == axis else 1 for n in range(3)])
        volume = np.take(volume, low, axis) * (1 - share) + np.take(volume, high, axis) * share
    return volume


def tile_starts(whole, size):
    slack = whole - size
    if slack <= 0:
        return [0]
    steps = -(-slack // max(1, size // 2))
    return [slack * m // steps for m in range(steps + 1)]


def tiles(grid):
    size = [min(a, b) for a, b in zip(grid.padded, grid.patch)]
    starts = [tile_starts(a, b) for a, b in zip(grid.padded, size)]
    return [tuple(slice(at, at + n) for at, n in zip(low, size)) for low in itertools.product(*starts)]


def tile_weights(shape):
    along = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (n / 8)) ** 2) for n in shape]
    return np.maximum(F4(1e-3), np.einsum("i,j,k", *along).astype(F4))


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def segmentation(grid, channels, run, shape):
    """Labels on the case's grid, and the probabilities within the box that they come from. `run`: a list of inputs
    [channel, i, j, k] to a list of logits [label, i, j, k], background, NCR, ED, ET."""
    places = tiles(grid)
    outputs = run([channels[(slice(None), *at)] for at in places])
    if len(places) == 1:
        probabilities = softmax(outputs[0])
    else:
        total = np.zeros(grid.padded, F4)
        probabilities = np.zeros((4, *grid.padded), F4)
        for at, logits in zip(places, outputs):
            weights = tile_weights(logits.shape[1:])
            total[at] += weights
            probabilities[(slice(None), *at)] += weights * softmax(logits)
        probabilities /= total
    restored = np.stack([grid.restored(each) for each in probabilities])
    labels = np.zeros(shape, np.uint8)
    labels[grid.box] = restored.argmax(axis=0)  # the first of equal ones
    return labels, restored


# --- Baselines [2.3] -----------------------------------------------------------------------------------------------

MASK = 2**64 - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


def draws(seed, count):
    """`count` draws, with the words of 64 bits wrapping as they should."""
    with np.errstate(over="ignore"):
        x = np.uint64(mix(seed)) + np.arange(count, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return x ^ x >> np.uint64(31)


def dilated(mask, spacing, margin):
    reach = [int(margin / s) for s in spacing]
    grown = np.zeros_like(mask)
    offsets = itertools.product(*(range(-r, r + 1) for r in reach))
    for offset in offsets:
        if math.hypot(*(o * s for o, s in zip(offset, spacing))) > margin + 1e-9:
            continue
        to = tuple(slice(max(0, o), n + min(0, o)) for o, n in zip(offset, mask.shape))
        of = tuple(slice(max(0, -o), n + min(0, -o)) for o, n in zip(offset, mask.shape))
        grown[to] |= mask[of]
    return grown


def in_order_of_voxels(volume, where):
    return volume.ravel(order="F")[where.ravel(order="F")]


def stand_ins(grid, prepared, labels, baseline, seed=1, margin=5.0):
    """What the model is given in place of each sequence, [sequence, i, j, k]."""
    brain = np.any(prepared != 0, axis=0)
    out = np.zeros_like(prepared)
    if baseline in ("noise", "lesion"):
        lesion = grid.resampled((labels == 0).astype(F4)) < 1
        lesion[:, :, grid.content[2] :] = lesion[:, grid.content[1] :] = lesion[grid.content[0] :] = False  # padding
    if baseline == "lesion":
        return np.where(dilated(lesion, grid.model, margin), F4(0), prepared)
    for c, image in enumerate(prepared):
        if baseline == "mean":
            out[c][brain] = F4(image[brain].astype("f8").mean())
        if baseline == "noise":
            healthy = in_order_of_voxels(image, brain & ~lesion)
            drawn = healthy[(draws((mix(seed) + c) & MASK, int(brain.sum())) % np.uint64(len(healthy))).astype(int)]
            flat = np.zeros(image.size, F4)
            flat[brain.ravel(order="F")] = drawn
            out[c] = flat.reshape(image.shape, order="F")
    return out


def coalition_input(prepared, absent, coalition):
    return np.stack([prepared[c] if coalition >> c & 1 else absent[c] for c in range(N)])


# --- The game [2.1 to 2.5, 3] --------------------------------------------------------------------------------------

def dice(counts, of):
    """Of a region, from voxels counted by reference and predicted label."""
    both = int(counts[np.ix_(of, of)].sum())
    total = int(counts[of].sum() + counts[:, of].sum())
    return 1.0 if total == 0 else 2.0 * both / total


def values_of(reference, predicted):
    """v of each row for one segmentation [1.3]."""
    counts = np.bincount((reference * 4 + predicted).ravel(), minlength=16).reshape(4, 4)
    rows = {name: dice(counts, of) for name, of in REGIONS.items()}
    averaged = [rows[name] for name in ("ET", "NCR", "ED") if counts[REGIONS[name]].any()]
    return rows | ({"mean": sum(averaged) / len(averaged)} if averaged else {})


def state_of(v):
    return "decided" if max(v) - min(v) > 1e-9 else "undefined"


def shapley(v):
    """By its other definition: the mean over the 24 orders of what each sequence adds when it comes."""
    phi = np.zeros(N)
    orders = list(itertools.permutations(range(N)))
    for order in orders:
        have = 0
        for i in order:
            phi[i] += v[have | 1 << i] - v[have]
            have |= 1 << i
    return phi / len(orders)


# --- Ranks, agreement, uncertainty [4 to 6] -------------------------------------------------------------------------

def ranks_of(phi):
    order = sorted(range(N), key=lambda i: -phi[i])
    groups = [[order[0]]]
    for i in order[1:]:
        if phi[groups[-1][-1]] - phi[i] < 1e-9:
            groups[-1].append(i)
        else:
            groups.append([i])
    ranks, place = [0.0] * N, 1
    for group in groups:
        for i in group:
            ranks[i] = place + (len(group) - 1) / 2
        place += len(group)
    return ranks


def nsf(ranks, clinical):
    return 1 - sum(abs(r - k) for r, k in zip(ranks, clinical)) / 8


def agreement(ranks, clinical):
    strict = [nsf(each, clinical) for each in itertools.permutations(range(1, N + 1))]
    found, chance, best = nsf(ranks, clinical), sum(strict) / len(strict), max(strict)
    return {
        "nsf": found,
        "corrected": (found - chance) / (best - chance) if best > chance else None,
        "shareAtLeast": share_at_least(found, clinical),
    }


def share_at_least(found, clinical):
    strict = [nsf(each, clinical) for each in itertools.permutations(range(1, N + 1))]
    return sum(each >= found - 1e-12 for each in strict) / len(strict)


def rank_variance(ranks):
    return None if len(ranks) < 2 else float(np.var(np.array(ranks), axis=0, ddof=1).mean())


def kendall_w(ranks):
    k = len(ranks)
    if k < 2:
        return None
    off = np.sum(ranks, axis=0) - k * (N + 1) / 2
    ties = sum(t**3 - t for fold in ranks for t in np.unique(fold, return_counts=True)[1])
    scale = k * k * (N**3 - N) - k * ties
    return 12 * float((off**2).sum()) / scale if scale > 0 else None
