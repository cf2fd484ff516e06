"""Which sequence an image is: the weights of src/intake/sequence_weights.cpp (METHOD 8.7), and how far they can be trusted.

    python3 models/train/sequences.py --cases ../shared/data/train --work WORK --out src/intake/sequence_weights.cpp

makes changed copies of each case (as other scanners and other programs would have made them), asks `shapslice sequences` for
their statistics (kept in WORK: it can be stopped and started again), cross-validates over patients, and fits the weights on all.
--check fits and prints the same and compares with the file in place of writing it.

The weights are those of a multinomial logistic regression over the 24 orders of four images: the score of an order is a sum over
its pairs of images, so that one set of weights serves all 24. A copy in which T1c is a second T1n counts for both orders of the
two: what does not enhance cannot be told, and must not be told by noise.
"""

import argparse
import gzip
import itertools
import json
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates, zoom
from scipy.optimize import minimize

ROLES = ["t1c", "t1n", "t2f", "t2w"]
ORDERS = list(itertools.permutations(range(4)))  # order[role] is the image that plays it
SWAPPED = ORDERS.index((1, 0, 2, 3))
PAIRS = [(a, b) for a in range(4) for b in range(a + 1, 4)]
CHANGED, TWINS = 9, 2  # copies of each case
STRENGTH = 3e-4  # of the ridge
FOLDS = 7
DOUBT = 1.0  # the names are doubted when they are this far behind


# --- Cases and their changed copies ---


def read_volume(path: Path) -> tuple[np.ndarray, bytes]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    shape = struct.unpack("<8h", raw[40:56])[1:4]
    kind = {2: "u1", 4: "<i2", 16: "<f4", 512: "<u2"}[struct.unpack("<h", raw[70:72])[0]]
    start = int(struct.unpack("<f", raw[108:112])[0])
    values = np.frombuffer(raw, kind, int(np.prod(shape)), start).reshape(shape, order="F").astype(np.float32)
    return values, raw[:348]


def write_volume(path: Path, values: np.ndarray, header: bytes) -> None:
    head = bytearray(header)
    head[40:56] = struct.pack("<8h", 3, *values.shape, 1, 1, 1, 1)
    head[70:74] = struct.pack("<2h", 16, 32)
    head[108:120] = struct.pack("<3f", 352, 1, 0)
    path.write_bytes(bytes(head) + b"\0" * 4 + values.astype("<f4").tobytes(order="F"))


def read_case(folder: Path) -> tuple[np.ndarray, bytes]:
    images, header = [], b""
    for role in ROLES:
        values, header = read_volume(next(iter(sorted(folder.glob(f"*-{role}.nii*")))))
        images.append(values)
    images = np.stack(images)
    used = np.nonzero((images != 0).any(0))
    box = tuple(slice(max(0, n.min() - 2), n.max() + 3) for n in used)
    return images[(slice(None), *box)], header


def smooth_field(shape: tuple, random: np.random.Generator, knots: int = 5) -> np.ndarray:
    coarse = random.normal(size=(knots,) * 3)
    fine = zoom(coarse, [n / knots for n in shape], order=1, mode="nearest")
    return (fine / fine.std()).astype(np.float32)


def blurred(image: np.ndarray, brain: np.ndarray, sigmas: list[float]) -> np.ndarray:
    weight = gaussian_filter(brain.astype(np.float32), sigmas)
    return gaussian_filter(image, sigmas) / np.maximum(weight, 0.2)


def another_scanner(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The image as a scanner of other resolution, noise, coil and cut-off would have it."""
    brain = image != 0
    mean = image[brain].mean()
    what = random.integers(5)
    if what == 1:
        image = blurred(image, brain, [random.uniform(0.4, 1.3)] * 3)
    elif what == 2:  # thick slices
        sigmas = [0.0, 0.0, 0.0]
        sigmas[random.integers(3)] = random.uniform(3, 7) / 2.355
        image = blurred(image, brain, sigmas)
    elif what == 3:  # registered less than well
        at = np.indices(image.shape, np.float32) + random.uniform(-1.2, 1.2, (3, 1, 1, 1)).astype(np.float32)
        image = map_coordinates(image, at, order=1)
    if random.random() < 0.7:
        image = image * np.exp(random.uniform(0, 0.25) * smooth_field(image.shape, random))
    if random.random() < 0.7:  # as magnitudes have it
        level = random.uniform(0, 0.12) * mean
        real = image + level * random.standard_normal(image.shape, np.float32)
        image = np.hypot(real, level * random.standard_normal(image.shape, np.float32))
    if random.random() < 0.3:
        image = np.minimum(image, np.percentile(image[brain], random.uniform(97, 99.9)))
    floor = np.percentile(image[brain], random.uniform(0.1, 6)) if random.random() < 0.3 else 0
    return np.where(brain & (image > floor), np.maximum(image, 1e-3), 0).astype(np.float32)


def other_weighting(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A little of each sequence in each other, as other times of echo and repetition would have it."""
    brain = (images != 0).any(0)
    scaled = np.stack([(image - image[brain].mean()) / image[brain].std() for image in images])
    mixing = np.eye(4) + random.uniform(-0.2, 0.2, (4, 4)) * (1 - np.eye(4))
    mixed = np.tensordot(mixing, scaled, 1)
    lowest = np.array([np.percentile(image[brain], 0.05) for image in mixed])[:, None, None, None]
    return np.where((images != 0), np.maximum(mixed - lowest, 1e-3), 0).astype(np.float32)


def changed(images: np.ndarray, random: np.random.Generator, twin: bool) -> np.ndarray:
    if random.random() < 0.5:
        images = other_weighting(images, random)
    if twin:
        images = np.stack([images[1], images[1], images[2], images[3]])
    images = np.stack([another_scanner(image, random) for image in images])
    if random.random() < 0.4:  # a part of the head is not there: it must not all hang on the tumour
        field = smooth_field(images.shape[1:], random, 4)
        images = np.where(field > np.quantile(field, random.uniform(0.6, 0.95)), 0, images)
    return images


# --- Statistics, as the core makes them ---


def statistics_of(program: Path, images: np.ndarray, header: bytes) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        for role, image in zip(ROLES, images):
            write_volume(Path(folder) / f"case-{role}.nii", image, header)
        done = subprocess.run([program, "sequences", "--statistics", folder], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["statistics"]


def rows_of(statistics: dict) -> np.ndarray:
    """One row of values per order, in the order of the weights."""
    pairs = {tuple(pair["of"]): pair["values"] for pair in statistics["pairs"]}
    return np.array([
        np.concatenate([pairs[order[a], order[b]] for a, b in PAIRS] + [statistics["depths"][order[a]] for a in range(4)])
        for order in ORDERS
    ], np.float32)


def copies_of(folder: Path, program: Path, work: Path) -> np.ndarray:
    """[copies, orders, weights]: the case itself, then its changed copies, the twins last."""
    kept = work / f"{folder.name}.npy"
    if kept.exists():
        return np.load(kept)
    random = np.random.default_rng(zlib.crc32(folder.name.encode()))
    images, header = read_case(folder)
    versions = [images] + [changed(images, random, twin=n >= CHANGED) for n in range(CHANGED + TWINS)]
    rows = np.stack([rows_of(statistics_of(program, version, header)) for version in versions])
    np.save(kept, rows)
    print(f"{folder.name}: {len(rows)} copies", flush=True)
    return rows


# --- Fit and cross-validation ---


def fit(cases: list[np.ndarray]) -> np.ndarray:
    rows = np.concatenate(cases).astype(np.float64)
    rows -= rows.mean(1, keepdims=True)
    right = np.zeros((len(rows), len(ORDERS)))
    right[:, 0] = 1
    twins = np.concatenate([np.arange(len(case)) > CHANGED for case in cases])
    right[twins, 0] = right[twins, SWAPPED] = 0.5

    def loss(weights):
        scores = rows @ weights
        top = scores.max(1, keepdims=True)
        odds = np.exp(scores - top)
        total = odds.sum(1, keepdims=True)
        value = (np.log(total)[:, 0] + top[:, 0] - (right * scores).sum(1)).mean() + STRENGTH / 2 * weights @ weights
        slope = np.einsum("nk,nkd->d", odds / total - right, rows) / len(rows) + STRENGTH * weights
        return value, slope

    return minimize(loss, np.zeros(rows.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x


def flags(scores: np.ndarray) -> dict:
    """Of cases' scores [n, 24], the first order the right one: what would be said of each order of names."""
    behind = scores.max(1, keepdims=True) - scores
    flagged = behind > DOUBT
    named = flagged[:, 1:] & (scores.argmax(1) == 0)[:, None]
    return {"right orders flagged": flagged[:, 0].mean(), "wrong orders flagged": flagged[:, 1:].mean(),
            "wrong orders named rightly": named.mean()}


def print_flags(title: str, scores: np.ndarray) -> None:
    print(f"{title} ({len(scores)}): " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in flags(scores).items()))


def cross_validate(names: list[str], cases: list[np.ndarray]) -> None:
    plain, altered, seen_as, leads = [], [], np.zeros((4, 4), int), []
    for fold in range(FOLDS):
        held_out = range(fold, len(cases), FOLDS)
        weights = fit([case for n, case in enumerate(cases) if n % FOLDS != fold])
        for n in held_out:
            scores = cases[n] @ weights
            plain.append(scores[0])
            altered.extend(scores[1 : 1 + CHANGED])
            likeliest = ORDERS[scores[0].argmax()]
            for role in range(4):
                seen_as[likeliest[role], role] += 1
            leads.append((scores[0, 0] - scores[0, 1:].max(), names[n]))
    print_flags("cases held out", np.array(plain))
    print_flags("their changed copies", np.array(altered))
    for lead, name in sorted(leads)[:3]:
        print(f"least lead of the right order: {lead:.2f}, {name}")
    print("what an image is (down) and what it is taken for (across):", *ROLES)
    for role, row in zip(ROLES, seen_as):
        print(f"{role}: {row}")


def source_text(weights: np.ndarray) -> str:
    numbers = [f"{value:.3g}F" if re.search(r"[.e]", f"{value:.3g}") else f"{value:.3g}.F" for value in weights]
    lines, line = [], "   "
    for number in numbers:
        if len(line) + len(number) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {number},"
    lines.append(line)
    return (
        "// Written by models/train/sequences.py from 28 cases of BraTS-Africa (models/train/training_data.json); not by hand.\n"
        '#include "intake/sequence_look.h"\n\nnamespace shapslice {\n\n'
        f"const double kSequenceDoubt = {DOUBT:g};\n\n"
        "// clang-format off\nconst std::array<float, kSequenceWeights> kSequenceWeight{\n" + "\n".join(lines) +
        "\n};\n// clang-format on\n\n}  // namespace shapslice\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", required=True, type=Path, help="folder of folders of cases, one a patient")
    parser.add_argument("--work", required=True, type=Path, help="where statistics are kept")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--program", type=Path, default=Path("build/native/shapslice"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    folders = sorted(folder for folder in arguments.cases.iterdir() if folder.is_dir())
    cases = [copies_of(folder, arguments.program.absolute(), arguments.work) for folder in folders]
    cross_validate([folder.name for folder in folders], cases)
    text = source_text(fit(cases))
    if not arguments.check:
        arguments.out.write_text(text, encoding="utf-8")
        return
    numbers = lambda source: np.array([float(n) for n in re.findall(r"-?\d[\d.e+-]*(?=\.?F)", source)])  # noqa: E731
    difference = np.abs(numbers(text) - numbers(arguments.out.read_text(encoding="utf-8"))).max()
    print(f"largest difference of a weight from {arguments.out}: {difference:.3g}")
    if difference > 0.02:
        raise SystemExit("the weights are not those that the recipe gives")


if __name__ == "__main__":
    main()
