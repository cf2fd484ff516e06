"""The core's NIfTI reader and writer against nibabel's, and a case stored LPS against the same case stored RAS.

    python3 tests/nibabel/compare.py build/native/shapslice ../shared/data

Every file of nifti_zoo, and files that nibabel writes here (each data type, byte order, version and orientation), either
reads with nibabel's shape, affine and voxels after reorientation to RAS+, or is refused by a sentence that names it.
"""

import itertools
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

# What the zoo's files must be refused for, and with which words (METHOD 8.1).
REFUSED = {
    "complex64__nifti-rs.nii": "complex64",
    "rgb24_3d__nifti-rs.nii": "RGB",
    "not_nifti__NIFTI-Reader-JS.nii": "not a NIfTI file",
    "fuzz_crash1__nifti-rs.nii": "",
    "nifti2__nibabel.nii.gz": "2 volumes",
}
TYPES = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]

passed = failed = skipped = 0


def check(name, fine, why=""):
    global passed, failed
    passed += bool(fine)
    failed += not fine
    if not fine:
        print(f"FAILED {name}: {why}")


def inspect(program, path, raw, image=None):
    command = [program, "inspect", str(path), *([str(image)] if image else []), "--raw", str(raw)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip()
    info = json.loads(done.stdout)
    voxels = np.fromfile(raw, "<f4").reshape(info["shape"], order="F")
    return (info, voxels), ""


def as_read(path):
    """What METHOD 8.1 makes of nibabel's answer: three dimensions, RAS+, float32, NaN as 0."""
    image = nib.load(path)
    # By the slices, not by squeeze: nibabel's own keeps the affine.
    data = np.asanyarray(image.dataobj).astype("f8")
    while data.ndim > 3 and data.shape[-1] == 1:
        data = data[..., 0]
    ras = nib.as_closest_canonical(nib.Nifti1Image(data, image.affine))
    return np.nan_to_num(np.asarray(ras.dataobj), nan=0).astype("f4"), ras.affine


def compare_file(program, path, scratch, image=None):
    answer, sentence = inspect(program, path, Path(scratch) / "raw.f32", image)
    if path.name in REFUSED:
        check(path.name, answer is None, "it was read, and should have been refused")
        check(path.name, path.name in sentence and REFUSED[path.name] in sentence, f"said: {sentence}")
        check(path.name, sentence.endswith(".") and ("expected" in sentence), f"no whole sentence: {sentence}")
        return
    if answer is None:
        check(path.name, False, f"refused: {sentence}")
        return
    info, voxels = answer
    wanted, affine = as_read(path)
    check(f"{path.name} shape", voxels.shape == wanted.shape, f"{voxels.shape}, nibabel {wanted.shape}")
    ours = np.array(info["affine"]).reshape(4, 4)
    check(f"{path.name} affine", np.allclose(ours, affine, atol=1e-4, rtol=1e-6), f"{ours}, nibabel {affine}")
    if voxels.shape == wanted.shape:
        off = np.abs(voxels.astype("f8") - wanted).max(initial=0)
        check(f"{path.name} voxels", np.allclose(voxels, wanted, rtol=1e-6, atol=0), f"largest difference {off}")


def oriented_affine(order, signs):
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, (to, sign, size) in enumerate(zip(order, signs, (1.0, 1.5, 2.25))):
        affine[to, axis] = sign * size
    affine[:3, 3] = (-20.5, 13.25, 7)
    return affine


def written_files(scratch):
    """Files nibabel writes: (path, image path or None)."""
    random = np.random.default_rng(20251207)
    for code, order, version in itertools.product(TYPES, "<>", (1, 2)):
        kind = np.dtype(order + code)
        if code[0] == "f":
            data = random.normal(0, 100, (5, 4, 3)).astype(kind)
            data[0, 0, 0] = np.nan
        else:
            bounds = np.iinfo(kind)
            data = random.integers(max(bounds.min, -(2**23)), min(bounds.max, 2**23), (5, 4, 3)).astype(kind)
        header = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)(endianness=order)
        header.set_data_dtype(kind)
        image = (nib.Nifti1Image if version == 1 else nib.Nifti2Image)(data, oriented_affine((0, 1, 2), (1, 1, 1)), header)
        path = Path(scratch) / f"{code}{'le' if order == '<' else 'be'}v{version}.nii{'.gz' if version == 2 else ''}"
        image.to_filename(path)
        yield path, None
    for order, signs in itertools.product(itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)):
        data = random.integers(0, 4000, (5, 4, 3)).astype("i2")
        path = Path(scratch) / f"axes{''.join(map(str, order))}{''.join('+' if s > 0 else '-' for s in signs)}.nii"
        nib.Nifti1Image(data, oriented_affine(order, signs)).to_filename(path)
        yield path, None
    scaled = nib.Nifti1Image(random.integers(-300, 300, (4, 4, 4)).astype("i2"), np.eye(4))
    scaled.header.set_slope_inter(0.25, -12)
    scaled.to_filename(Path(scratch) / "scaled.nii.gz")
    yield Path(scratch) / "scaled.nii.gz", None
    nib.Nifti1Image(random.normal(size=(4, 3, 2, 1)).astype("f4"), np.eye(4)).to_filename(Path(scratch) / "oneframe.nii")
    yield Path(scratch) / "oneframe.nii", None
    pair = nib.Nifti1Pair(random.integers(0, 99, (3, 4, 5)).astype("u2"), oriented_affine((1, 0, 2), (-1, 1, 1)))
    pair.to_filename(Path(scratch) / "pair.hdr")
    yield Path(scratch) / "pair.hdr", Path(scratch) / "pair.img"


def compare_labels(program, scratch):
    """A label map written back lies on the file's own grid, whatever its orientation: same shape, affine, voxels."""
    random = np.random.default_rng(7)
    for order, signs in itertools.product(itertools.permutations(range(3)), ((1, 1, 1), (-1, -1, 1), (1, -1, -1))):
        labels = random.integers(0, 4, (6, 5, 4)).astype("u1")
        stored = nib.Nifti1Image(labels, oriented_affine(order, signs))
        stored.set_sform(stored.affine, 4)
        path, back = Path(scratch) / "labels.nii.gz", Path(scratch) / "back.nii.gz"
        stored.to_filename(path)
        subprocess.run([program, "inspect", str(path), "--labels-out", str(back)], check=True, capture_output=True)
        read = nib.load(back)
        name = f"labels written back, axes {order} {signs}"
        check(name, np.array_equal(np.asanyarray(read.dataobj), labels), "other voxels")
        check(name, np.allclose(read.affine, stored.affine, atol=1e-6), f"{read.affine}, was {stored.affine}")
        check(name, read.header["sform_code"] == 4 and read.get_data_dtype() == np.uint8, "other codes or type")


def compare_twin(program, case, scratch):
    """The same patient stored LPS: the prepared tensors and targets are the same bytes."""
    folders = {"ras": case, "lps": Path(scratch) / "lps" / case.name}
    folders["lps"].mkdir(parents=True)
    for path in sorted(case.glob("*.nii.gz")):
        image = nib.load(path)
        wanted = nib.orientations.axcodes2ornt(("L", "P", "S"))
        move = nib.orientations.ornt_transform(nib.io_orientation(image.affine), wanted)
        twin = image.as_reoriented(move)
        check(f"{path.name} twin", nib.aff2axcodes(twin.affine) == ("L", "P", "S"), "it is not LPS")
        twin.to_filename(folders["lps"] / path.name)
    for name, folder in folders.items():
        out = Path(scratch) / f"prepared-{name}"
        subprocess.run([program, "prepare", "--out", str(out), str(folder)], check=True, capture_output=True)
    for kind in ("input", "target"):
        ras, lps = (np.load(Path(scratch) / f"prepared-{name}" / f"{case.name}.{kind}.npy") for name in folders)
        check(f"{case.name} {kind}, LPS against RAS", np.array_equal(ras, lps), "they differ")


def main():
    global skipped
    if len(sys.argv) != 3:
        sys.exit("usage: compare.py SHAPSLICE_PROGRAM DATA_FOLDER")
    program, data = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        for path, image in written_files(scratch):
            compare_file(program, path, scratch, image)
        compare_labels(program, scratch)
        zoo = sorted(p for p in (data / "nifti_zoo").glob("*") if p.suffix in (".nii", ".gz", ".hdr"))
        for path in zoo:
            image = path.with_suffix(".img")
            compare_file(program, path, scratch, image if path.suffix == ".hdr" else None)
        cases = sorted((data / "fullres").glob("*"))[:1]
        for case in cases:
            compare_twin(program, case, scratch)
        skipped = (not zoo) + (not cases)
        if skipped:
            print(f"{data}: no nifti_zoo or no fullres case there; those comparisons were skipped.")
    print(f"nibabel: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
