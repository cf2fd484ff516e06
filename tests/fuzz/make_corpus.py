#!/usr/bin/env python3
"""Seeds and dictionaries for the fuzz targets, one folder a target: make_corpus.py FOLDER. Nothing of it is committed.

Files of ../shared/data/nifti_zoo join the NIfTI seeds where that folder exists, if they hold less than 50 kB: a fuzzer
that inflates megabytes a time finds nothing.
"""

import gzip
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ZOO = ROOT.parent / "shared" / "data" / "nifti_zoo"
LARGEST_SEED = 50_000
TYPES = {2: ("B", 1), 4: ("h", 2), 8: ("i", 4), 16: ("f", 4), 64: ("d", 8), 256: ("b", 1),
         512: ("H", 2), 768: ("I", 4), 1024: ("q", 8), 1280: ("Q", 8)}


def nifti1(shape=(4, 3, 2), datatype=4, order="<", magic=b"n+1\0", offset=352, slope=1.0, intercept=0.0,
           qform=0, sform=1, shift=0.0):
    code, size = TYPES[datatype]
    header = struct.pack(order + "i28xih2x8h", 348, 0, 0, 3, *shape, 1, 1, 1, 1)
    header += struct.pack(order + "14x2h2x8f3f", datatype, 8 * size, 1, 1, 1, 1, 1, 1, 1, 1, offset, slope, intercept)
    header = header.ljust(252, b"\0")
    header += struct.pack(order + "2h6f", qform, sform, 0.1, 0.2, 0, 1, 2, 3)
    header += struct.pack(order + "12f", -1, 0, 0, shift, 0, 1, 0, 2, 0, 0, 1, 3) + b"\0" * 16 + magic
    assert len(header) == 348
    count = shape[0] * shape[1] * shape[2]
    return header, struct.pack(order + str(count) + code, *(n % 4 for n in range(count)))


def nifti2(shape=(3, 2, 2), datatype=16, order="<"):
    code, size = TYPES[datatype]
    header = struct.pack(order + "i8s2h8q", 540, b"n+2\0\r\n\x1a\n", datatype, 8 * size, 3, *shape, 1, 1, 1, 1)
    header += struct.pack(order + "3d8dq2d", 0, 0, 0, *[1] * 8, 544, 2.0, -1.0).ljust(240, b"\0")
    header = header.ljust(344, b"\0") + struct.pack(order + "2i6d12d", 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    count = shape[0] * shape[1] * shape[2]
    return header.ljust(540, b"\0"), struct.pack(order + str(count) + code, *range(count))


def single(header, voxels):
    return header + b"\0" * 4 + voxels


def two_files(first, second=b""):
    return struct.pack("<H", min(len(first), 0xFFFF)) + first + second


def nifti_seeds():
    for datatype in TYPES:
        for order in "<>":
            yield two_files(single(*nifti1(datatype=datatype, order=order)))
    yield two_files(single(*nifti1(datatype=16, slope=0.5, intercept=-1.0, qform=1)))
    yield two_files(single(*nifti1(qform=1, sform=0)))
    yield two_files(single(*nifti1(qform=0, sform=0)))
    for order in "<>":
        yield two_files(single(*nifti2(order=order)))
    header, voxels = nifti1(magic=b"ni1\0", offset=0)
    yield two_files(header, voxels)
    yield two_files(gzip.compress(header), gzip.compress(voxels))
    yield two_files(gzip.compress(single(*nifti1())))
    if ZOO.is_dir():
        for path in sorted(ZOO.glob("*.nii*")):
            file = path.read_bytes()
            inflated = gzip.decompress(file) if path.suffix == ".gz" else file
            if len(inflated) < LARGEST_SEED and len(file) <= 0xFFFF:
                yield two_files(file)


def case_seeds():
    one = single(*nifti1(shape=(6, 5, 4)))
    for other in (one, single(*nifti1(shape=(6, 5, 4), shift=0.5)), single(*nifti1(shape=(3, 3, 3), datatype=16)),
                  single(*nifti1(shape=(1, 1, 1), datatype=2)), single(*nifti2())):
        yield two_files(one, other)
        yield two_files(other, one)


def gzip_seeds():
    for content in (b"", b"a", bytes(range(256)) * 4, b"\0" * 5000, single(*nifti1())):
        for level in (0, 1, 9):
            yield gzip.compress(content, level)
    yield gzip.compress(b"one") + gzip.compress(b"two") + b"\0" * 8
    yield b"PK\x03\x04" + b"\0" * 30


def manifest_seeds():
    for path in sorted(ROOT.glob("models/*/model.json")) + sorted(ROOT.glob("tests/data/*/model.json")):
        yield path.read_bytes()
    plain = {"schemaVersion": 1, "id": "u", "architecture": "U-Net", "contrasts": ["t1n", "t1c", "t2w", "t2f"],
             "axes": "xyz", "spacing": [1, 1, 1], "patch": [128, 128, 64], "multiple": 16, "fixedPatch": True,
             "normalisation": "zscore-nonzero", "folds": [{"file": "f.onnx", "sha256": "0"}],
             "outputs": {"kind": "regions", "activation": "sigmoid", "channels": ["TC", "WT", "ET"]}}
    yield json.dumps(plain).encode()


def result_seeds():
    values = [n / 16 for n in range(16)]
    four = [0.1, 0.2, 0.3, 0.4]
    marginal = {"before": 0, "weight": 0.25, "contribution": 0.1}
    analysis = {"shapley": four, "marginals": [[marginal] * 8] * 4, "banzhaf": four, "interaction": [four] * 4,
                "moebius": values, "leaveOneOut": four, "alone": four, "efficiencyGap": 0}
    scale = {"chance": 0.5, "worst": 0.0, "best": 1.0}
    game = {"values": values, "analysis": analysis, "ranks": [4, 3, 2, 1],
            "agreement": {"nsf": 0.5, "scale": scale, "corrected": 0, "shareAtLeast": 1, "tauB": None}}
    spread = {"mean": 0.1, "least": 0, "largest": 0.2}
    summary = {"shapley": [spread] * 4, "rankVariance": 0.2, "varianceScale": {"chance": 1, "largest": 1.5},
               "kendallW": 0.3, "meanRank": four, "nsf": spread, "agreementScale": scale, "shareAtLeast": 0.4,
               "ahead": 8, "aheadInFolds": 1, "decidedFolds": 1, "undefinedFolds": 0}
    rows = ("ET", "NCR", "ED", "TC", "WT", "mean")
    ranking = {"name": "Protocol", "ranks": [1, 4, 2, 3], "byRegion": {"ET": [1, 2, 3, 4], "mean": None}}
    settings = {"baseline": "lesion", "noiseSeed": 7, "lesionMarginMm": 5, "runEmptyCoalition": False,
                "meanOverAllDisjointRegions": True, "modelBandTolerance": 0.01}
    fold = {"fold": 0, "modelSha256": "a", "provider": "wasm", "regions": {row: game for row in ("ET", "mean")},
            "runSeconds": [1.0] + [None] * 15}
    model = {"id": "u", "name": "U-Net", "architecture": "U-Net", "folds": [fold],
             "summary": {row: summary for row in rows[:2]}, "completeFolds": 1}
    result = {"schemaVersion": 1, "caseName": "p", "synthetic": True, "hasReference": True,
              "files": [{"name": "t1c.nii", "role": "t1c", "sha256": "0"}], "regionPresent": {"ET": True},
              "referenceVoxels": {"ET": 3}, "settings": settings, "clinicalRanking": ranking, "models": [model],
              "modelBand": None, "notices": ["n"], "sentence": "s",
              "progress": {"runsDone": 1, "runsTotal": 15, "secondsLeft": None, "secondsSpent": 2.0, "running": True}}
    for seed in (result, ranking, settings, {**result, "models": [{**model, "completeFolds": 0}]}, {**result, "models": []}):
        yield json.dumps(seed, separators=(",", ":")).encode()


def network_seeds():
    for path in sorted(ROOT.glob("tests/data/networks/*.onnx")):
        if path.stat().st_size < 25_000:
            yield path.read_bytes()


def file_name_seeds():
    yield b"BraTS-SSA-00002-000-t1c.nii.gz\nBraTS-SSA-00002-000-t1n.nii.gz\nBraTS-SSA-00002-000-seg.nii.gz"
    yield b"x_t1ce.hdr\nx_t1ce.img\nx_t2_flair.hdr.gz\nx_t2_flair.img.gz\nx T2.nii"
    case = "P001/P001-{}.nii.gz"
    files = [case.format(word) for word in ("t1c", "t1n", "t2f", "t2w", "seg")]
    yield "\n".join(files + ["P002/" + file for file in files]).encode()
    # As archives have them, good and bad.
    yield "\n".join(["/" + files[0], "../" + files[1], "a//b/./" + files[2], "a\\b\\" + files[3], "x.zip/" + files[4],
                     "__MACOSX/P001/._P001-t1c.nii.gz", ".DS_Store", "/", "..", "a/"]).encode()
    numbered = ["set/imagesTr/P01_000%d.nii.gz" % n for n in range(4)] + ["set/labelsTr/P01.nii.gz", "set/dataset.json"]
    dataset = {"channel_names": {"0": "T1", "1": "T1Gd", "2": "T2", "3": "FLAIR"}}
    yield ("\n".join(numbered) + "\n\n" + json.dumps(dataset)).encode()
    yield ("Task01/imagesTr/BRATS_001.nii.gz\nTask01/labelsTr/BRATS_001.nii.gz\nTask01/dataset.json\n\n"
           + json.dumps({"modality": dataset["channel_names"]})).encode()
    yield "患者 一_t1c.nii.gz\n患者 一_t2w.nii.gz\n🧠-flair.nii".encode()


def dataset_seeds():
    sequences = ["FLAIR", "T1-weighted with gadolinium", "T1w", "T2w"]
    by_number = {str(n): name for n, name in enumerate(sequences)}
    labels = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": 3}
    for dataset in ({"channel_names": by_number, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"},
                    {"modality": by_number, "labels": {"0": "background", "1": "edema"}, "training": []},
                    {"modality": sequences, "channel_names": {}}, {"channel_names": {"1": "t1ce", "01": "t2", "63": "flair"}},
                    {"channel_names": {"0": "T1", "1": "T1", "2": 3, "-0": "T2", "64": "T2"}},
                    {"Name": "BIDS", "BIDSVersion": "1.8.0"}):
        yield json.dumps(dataset).encode()


def file_start_seeds():
    yield from nifti_seeds()
    for seed in (single(*nifti1()), single(*nifti2())):
        yield seed
        yield gzip.compress(seed)
    header, voxels = nifti1()
    frames = bytearray(single(header, voxels))
    struct.pack_into("<h", frames, 40, 4)
    struct.pack_into("<h", frames, 48, 5)
    yield bytes(frames)
    yield gzip.compress(bytes(frames))[:60]
    yield b"\0" * 128 + b"DICM" + b"\0" * 400


def background_seeds():
    """Extents less 1, how voxels are made, the background's value and 0x8000, then voxels: 0 and 4 are the background."""
    box = [8, 8, 8]
    head = [0 if 0 in (i, j, k) or 8 in (i, j, k) else 130 + (i * 7 + j * 3 + k) % 100
            for k in range(9) for j in range(9) for i in range(9)]
    for kind in range(4):
        for ground in (0x8000, 0x7FFF, 0x8400, 0):
            for edge in (0, 4, 5, 1):
                noisy = [edge + (n % 7 if edge == 1 else 0) if v == 0 else v for n, v in enumerate(head)]
                yield bytes(box + [kind, ground & 255, ground >> 8] + noisy)
    yield bytes([2, 2, 2, 0, 0, 128] + list(range(27)))


def label_seeds():
    """Length of the name, extents less 1, a byte for the images, the name, voxels: 0 to 4 are themselves."""
    names = (b"P001-seg", b"Task01_BrainTumour/labelsTr/BRATS_001", b"BraTS-GLI-00005-101-seg", b"BraTS-PED-00001-000-seg",
             b"HD-GLIO-AUTO-segmentation/x", b"BraTS-GLI-")
    for name in names:
        for values in ((0, 1, 2, 3), (0, 1, 2, 4), (0, 1), (0, 1, 2), (0, 1, 2, 3, 4), (0,), (240, 1, 0), (249, 250)):
            shells = [values[min(len(values) - 1, min(i, j, k, 7 - i, 7 - j, 7 - k))]
                      for k in range(8) for j in range(8) for i in range(8)]
            yield bytes([len(name), 7, 7, 7, len(values)]) + name + bytes(shells)


def model_settings_seeds():
    """plans.json and dataset.json of nnU-Net, metadata.json and inference.json of a MONAI bundle, an empty line between."""
    fullres = {"spacing": [1.0, 1.0, 1.0], "patch_size": [128, 160, 112], "use_mask_for_norm": [True] * 4,
               "normalization_schemes": ["ZScoreNormalization"] * 4, "pool_op_kernel_sizes": [[1, 1, 1], [2, 2, 2], [2, 2, 1]]}
    plans = {"dataset_name": "Dataset137_BraTS", "plans_name": "nnUNetPlans", "transpose_forward": [0, 1, 2],
             "configurations": {"2d": {"spacing": [1, 1], "patch_size": [192, 160]}, "3d_lowres": fullres,
                                "3d_fullres": {"inherits_from": "3d_lowres", "spacing": [2.0, 1.0, 1.0]}}}
    arch = {**plans, "configurations": {"3d_fullres": {**fullres, "architecture": {"arch_kwargs": {"strides": [[1, 1, 1], 2]}}}}}
    channels = {"0": "T1", "1": "T1ce", "2": "T2", "3": "Flair"}
    labels = {"background": 0, "edema": 1, "necrosis": 2, "enhancing": 3}
    regions = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3], "ignore": 4}
    datasets = ({"channel_names": channels, "labels": labels}, {"channel_names": channels, "labels": regions},
                {"modality": channels, "labels": {"0": "background", "1": "NCR", "2": "ED", "3": "ET"}})
    for first in (plans, arch):
        for second in datasets:
            yield (json.dumps(first) + "\n\n" + json.dumps(second)).encode()
    image = {"num_channels": 4, "spatial_shape": ["8*n", "8*n", "8*n"], "channel_def": {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}}
    out = {"channel_def": {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}}
    metadata = {"name": "BraTS", "network_data_format": {"inputs": {"image": image}, "outputs": {"pred": out}}}
    transforms = [{"_target_": "Orientationd", "axcodes": "RAS"}, {"_target_": "Spacingd", "pixdim": [1.0, 1.0, 1.0]},
                  {"_target_": "NormalizeIntensityd", "nonzero": True, "channel_wise": True}]
    config = {"inferer": {"roi_size": [240, 240, 160]}, "preprocessing": {"transforms": transforms}}
    yield (json.dumps(metadata) + "\n\n" + json.dumps(config)).encode()


SEEDS = {"nifti": nifti_seeds, "nifti_differential": nifti_seeds, "case": case_seeds, "gzip": gzip_seeds,
         "manifest": manifest_seeds, "result": result_seeds, "network": network_seeds, "convnet": network_seeds,
         "file_names": file_name_seeds, "dataset": dataset_seeds, "file_start": file_start_seeds,
         "background": background_seeds, "label_conventions": label_seeds, "model_settings": model_settings_seeds}


def quoted(word):
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word) + '"'


def dictionary(target):
    """Words of the target's format: those that its seeds say, and bytes that its reader looks for."""
    binary = [b"n+1\0", b"ni1\0", b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n", b"\x1f\x8b\x08", struct.pack("<i", 348),
              struct.pack(">i", 348), struct.pack("<i", 540), struct.pack("<f", 352), b"\0\0\x80\x7f", b"\0\0\xc0\x7f",
              b"\xff\x7f", b"\0\x80"]
    if target in ("nifti", "nifti_differential", "case", "gzip"):
        return binary + [struct.pack("<h", code) for code in TYPES]
    if target in ("file_start", "background"):
        return binary if target == "file_start" else [b"\0\x80", b"\0\0\0\0", b"\4\4\4\4"]
    if target == "label_conventions":
        return [b"hd-glio", b"brats-ped", b"task01_braintumour", b"labelsTr/BRATS_", b"brats-gli-00000-1"]
    if target == "file_names":
        return [word.encode() for word in ("t1c t1ce t1gd t1post t1n t1 t2f flair t2w t2 seg label mask .nii .nii.gz "
                                           ".hdr .img .hdr.gz .img.gz - _ . / ../ // ._ .zip dataset.json __MACOSX/ imagesTr/ "
                                           "labelsTr/ _0000 _0003 to_T1c ses-01 week-040 mask brain").split()] + [b"\\", b"\n\n"]
    if target in ("network", "convnet"):
        return [word.encode() for word in ("Conv ConvTranspose GroupNormalization InstanceNormalization DequantizeLinear "
                                           "Reshape Constant Identity Resize Softmax Sigmoid Cast Pad Slice AveragePool MaxPool Mul "
                                           "Transpose Unsqueeze Squeeze ConstantOfShape Concat Gather Expand Range Where perm "
                                           "axes mode edge reflect constant ceil_mode count_include_pad strides dilations pads "
                                           "group num_groups output_padding kernel_shape axis ai.onnx").split()]
    words = set()

    def collect(value):
        if isinstance(value, dict):
            for key, member in value.items():
                words.add(json.dumps(key))
                collect(member)
        elif isinstance(value, list):
            for member in value:
                collect(member)
        elif isinstance(value, str):
            words.add(json.dumps(value))

    for seed in SEEDS[target]():
        for text in seed.split(b"\n\n"):
            collect(json.loads(text))
    words |= {"null", "true", "false", "-1", "1e308", "1e999", "2147483648", "18446744073709551615", "[]", "{}"}
    return [word.encode() for word in sorted(words) if len(word) < 64]


def main():
    folder = pathlib.Path(sys.argv[1])
    for target, seeds in SEEDS.items():
        to = folder / target
        to.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (to / f"seed-{number:03}").write_bytes(seed)
        (folder / f"{target}.dict").write_text("".join(quoted(word) + "\n" for word in dictionary(target)))


if __name__ == "__main__":
    main()
