"""How well a model does on cases it has not seen: what its verdict on a case is measured by (METHOD 2.6, 2.7).

python3 models/train/held_out_range.py --case-folders ../shared/data/train --out models/unet models/segresnet

export.py writes the same. This adds it to a model.json that was exported before: "heldOutRange", from evaluation.json beside it, by
region the tenth percentile and the quartiles of the Dice from all sequences, int8, over the real held-out cases whose reference holds
the region; and for each fold "heldOutSha256", the digest of the T1c file of each of its held-out cases, by which a case is known
under another name.
"""

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np

REGIONS = ("ET", "NCR", "ED", "TC", "WT")


def ranges(rows: list[dict]) -> dict:
    found = {}
    for region in REGIONS:
        values = [row["int8"][region] for row in rows if not row["synthetic"] and row["present"][region]]
        if not values:
            continue
        tenth, lower, median, upper = (round(float(value), 4) for value in np.percentile(values, [10, 25, 50, 75]))
        found[region] = {"cases": len(values), "tenth": tenth, "lower": lower, "median": median, "upper": upper}
    return found


def digests(folders: Path, names: list[str]) -> list[str]:
    """Of the T1c files of cases; raises where a case's folder does not hold exactly one."""
    found = []
    for name in names:
        files = sorted((folders / name).glob("*t1c.nii.gz"))
        if len(files) != 1:
            raise FileNotFoundError(f"{folders / name} holds {len(files)} files *t1c.nii.gz; expected 1 (--case-folders)")
        found.append(hashlib.sha256(files[0].read_bytes()).hexdigest())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case-folders", required=True, type=Path, help="folder of the cases' folders")
    parser.add_argument("--out", required=True, type=Path, nargs="+", help="folders of models")
    arguments = parser.parse_args()
    for folder in arguments.out:
        path = folder / "model.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        rows = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["cases"]
        manifest["heldOutRange"] = ranges(rows)
        for fold in manifest["folds"]:
            fold["heldOutSha256"] = digests(arguments.case_folders, fold["heldOut"])
        text = json.dumps(manifest, indent=2)
        text = re.sub(r"\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]", r"[\1, \2]", text)  # a range a line
        path.write_text(text + "\n", encoding="utf-8")
        print(f"{path}: {manifest['heldOutRange']['WT']}")


if __name__ == "__main__":
    main()
