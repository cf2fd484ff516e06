"""The native program against a second implementation (second.py), which was written from docs/method.md alone: the same
labels of a real case but where two probabilities are all but equal, and the same numbers from them.

    python3 tests/method/compare.py build/native/shapslice ../shared/data

The program runs networks on its own engine, this test on ONNX Runtime.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import nibabel as nib
    import numpy as np
except ImportError:
    sys.exit("compare.py needs nibabel for this Python (Debian: apt-get install python3-nibabel); nothing was compared.")

import second

ROOT = Path(__file__).resolve().parents[2]
AHEAD = 2e-3  # labels may differ where the most probable is ahead of the second by less
MOST_DIFFER = 1e-4  # of the brain's voxels
EXACT = 1e-12
AGAIN = [(0b0001, 0b1010, 0b0111, 0b1111), (0b0100, 0b1111)]  # coalitions by fold, of the whole study

passed = failed = 0


def check(name, fine, why=""):
    global passed, failed
    passed += bool(fine)
    failed += not fine
    if not fine:
        print(f"FAILED {name}: {why}")


def near(name, found, expected, tolerance=EXACT):
    if found is None or expected is None:
        return check(name, found is None and expected is None, f"{found}, expected {expected}")
    off = float(np.max(np.abs(np.asarray(found, "f8") - np.asarray(expected, "f8"))))
    check(name, off <= tolerance, f"{found}, expected {expected}")


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


class Network:
    """A fold's file, run by ONNX Runtime under Node."""

    def __init__(self, folder, manifest, fold, scratch):
        self.file = folder / manifest["folds"][fold]["file"]
        self.manifest, self.scratch = manifest, Path(scratch)
        self.inputs = [second.SEQUENCES.index(name) for name in manifest["contrasts"]]
        names = manifest["outputs"]["channels"]
        self.outputs = [names.index(name) for name in ("background", "NCR", "ED", "ET")]

    def __call__(self, inputs):
        shape = inputs[0].shape[1:][::-1]  # k, j, i
        stacked = np.stack([each[self.inputs].transpose(0, 3, 2, 1) for each in inputs])
        stacked.astype("<f4").tofile(self.scratch / "in.f32")
        extents = ",".join(map(str, (len(self.inputs), *shape)))
        words = [self.file, self.manifest["input"], self.manifest["output"], extents]
        files = [self.scratch / "in.f32", self.scratch / "out.f32"]
        subprocess.run(["node", ROOT / "tests/method/run_network.mjs", *words, *files], check=True)
        logits = np.fromfile(files[1], "<f4").reshape(len(inputs), -1, *shape)
        return [each[self.outputs].transpose(0, 3, 2, 1) for each in logits]


class Subject:
    """A case and a model, prepared."""

    def __init__(self, case, model):
        self.folder, self.model = case, model
        self.manifest = json.loads((model / "model.json").read_text())
        images, self.labels, spacing = second.read_case(case)
        self.grid = second.Grid(images, spacing, self.manifest)
        self.brain = int(np.any([image != 0 for image in images.values()], axis=0).sum())
        normal = {name: second.z_score(image) for name, image in images.items()}
        self.prepared = np.stack([self.grid.resampled(normal[name]) for name in second.SEQUENCES])

    def segmentation(self, network, coalition, baseline="zero"):
        absent = second.stand_ins(self.grid, self.prepared, self.labels, baseline)
        given = second.coalition_input(self.prepared, absent, coalition)
        return second.segmentation(self.grid, given, network, self.labels.shape)


def words_of(coalition):
    return "+".join(name for i, name in enumerate(second.SEQUENCES) if coalition >> i & 1)


def read_labels(path):
    return np.asanyarray(nib.as_closest_canonical(nib.load(path)).dataobj).astype(np.uint8)


def compare_labels(name, subject, own, program):
    labels, probabilities = own
    box = subject.grid.box
    differ = labels[box] != program[box]
    check(f"{name}: labels", differ.sum() <= MOST_DIFFER * subject.brain, f"{differ.sum()} voxels differ")
    check(f"{name}: nothing outside of the box", np.count_nonzero(program) == np.count_nonzero(program[box]))
    ordered = np.sort(probabilities[:, differ], axis=0)
    ahead = (ordered[-1] - ordered[-2]).max(initial=0)
    check(f"{name}: only ties differ", ahead < AHEAD, f"a label differs that is ahead by {ahead}")
    check(f"{name}: something is found", labels.any())


def compare_segment(program, subject, fold, coalition, baseline, scratch):
    name = f"{subject.manifest['id']}, fold {fold}, {words_of(coalition)}, {baseline}"
    file = Path(scratch) / "labels.nii.gz"
    run(program, "segment", "--model", subject.model, "--fold", fold + 1, "--coalition", words_of(coalition),
        "--baseline", baseline, "--out", file, subject.folder)
    network = Network(subject.model, subject.manifest, fold, scratch)
    compare_labels(name, subject, subject.segmentation(network, coalition, baseline), read_labels(file))


def compare_game(name, row, game, v):
    """One row of one fold: what follows from its 16 values."""
    state = second.state_of(v)
    check(f"{name}: state", game["state"] == state, game["state"])
    if state == "undefined":
        return check(f"{name}: nothing said of it", game["ranks"] is None, game["ranks"])
    phi = second.shapley(v)
    near(f"{name}: phi", game["analysis"]["shapley"], phi)
    ranks = second.ranks_of(phi)
    near(f"{name}: ranks", game["ranks"], ranks)
    for key, value in second.agreement(ranks, second.PROTOCOL).items():
        near(f"{name}: {key}", game["agreement"][key], value)
    if row == "mean":
        check(f"{name}: no yardstick", game["regionAgreement"] is None, game["regionAgreement"])
        return ranks
    for key, value in second.agreement(ranks, second.YARDSTICKS[row]).items():
        near(f"{name}: {key} of the region's own", game["regionAgreement"][key], value)
    return ranks


def compare_study(program, subject, scratch):
    """Every coalition of every fold, and everything that the result says of them; the labels of some made again."""
    out = Path(scratch) / "segmentations"
    result = json.loads(run(program, "study", "--model", subject.model, "--segmentations", out, subject.folder))
    (model,) = result["models"]
    check("labels read", result["labelsRead"] == {"0": "background", "1": "NCR", "2": "ED", "3": "ET"}, result["labelsRead"])
    check("spacing on record", model["terms"]["spacing"] == subject.grid.model, model["terms"])
    for row, ranks in second.YARDSTICKS.items():
        if row != "mean":
            near(f"{row}: yardstick", result["regionYardsticks"][row]["ranks"], ranks)
    ranks_of = {row: [] for row in second.YARDSTICKS}
    for fold, found in enumerate(model["folds"]):
        check(f"fold {fold}: how it ran is on record", (found["provider"], found["precision"]) == ("native", "float32"))
        network = Network(subject.model, subject.manifest, fold, scratch)
        rows = {row: [0.0] for row in second.YARDSTICKS}  # the empty coalition: nothing is segmented
        rows |= {row: [1.0] for row, of in second.REGIONS.items() if not np.isin(subject.labels, of).any()}
        for coalition in range(1, second.FULL + 1):
            name = f"fold {fold}, {words_of(coalition)}"
            labels = read_labels(out / f"fold{fold}-{words_of(coalition)}.nii.gz")
            for row, value in second.values_of(subject.labels, labels).items():
                rows[row].append(value)
            if coalition not in AGAIN[fold]:
                continue
            own = subject.segmentation(network, coalition)
            compare_labels(name, subject, own, labels)
            for row, value in second.values_of(subject.labels, own[0]).items():
                near(f"{name}, {row}: v of the other's labels", value, rows[row][coalition], 1e-4)
        for row, v in rows.items():
            near(f"fold {fold}, {row}: v", found["regions"][row]["values"], v)
            these = compare_game(f"fold {fold}, {row}", row, found["regions"][row], v)
            if these:
                ranks_of[row].append(these)
    for row, of_folds in ranks_of.items():
        summary = model["summary"][row]
        near(f"{row}: variance", summary["rankVariance"], second.rank_variance(of_folds))
        near(f"{row}: W", summary["kendallW"], second.kendall_w(of_folds))
        if not of_folds:
            continue
        mean = sum(second.nsf(each, second.PROTOCOL) for each in of_folds) / len(of_folds)
        near(f"{row}: mean NSF", summary["nsf"]["mean"], mean)
        near(f"{row}: share", summary["shareAtLeast"], second.share_at_least(mean, second.PROTOCOL))


def small_model(scratch):
    """The tests' own network at a spacing of no simple ratio, so that every place and share of 8.4 matters, and in tiles."""
    folder = Path(scratch) / "model"
    folder.mkdir()
    source = ROOT / "tests/data/tiny-unet"
    manifest = json.loads((source / "model.json").read_text())
    manifest |= {"spacing": [4.1, 3.3, 2.7], "patch": [24, 32, 28], "contrasts": ["t2w", "t1c", "t2f", "t1n"]}
    (folder / "model.json").write_text(json.dumps(manifest))
    for fold in manifest["folds"]:
        (folder / fold["file"]).symlink_to(source / fold["file"])
    return folder


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: compare.py SHAPSLICE_PROGRAM DATA_FOLDER")
    program = sys.argv[1]
    cases = sorted((Path(sys.argv[2]) / "fullres").glob("*"))
    if not cases:
        print(f"{sys.argv[2]}: no fullres case there.\nSKIPPED")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        small = Subject(cases[0], small_model(scratch))
        compare_study(program, small, scratch)
        for baseline in ("mean", "noise", "lesion"):
            compare_segment(program, small, 1, 0b1001, baseline, scratch)
        shipped = Subject(cases[0], ROOT / "models/unet")
        compare_segment(program, shipped, 0, second.FULL, "zero", scratch)
        compare_segment(program, shipped, 0, 0b0100, "noise", scratch)
    print(f"method: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
