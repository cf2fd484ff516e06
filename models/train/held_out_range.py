"""How well a model does on cases it has not seen: what its verdict on a case is measured by (METHOD 2.6, 2.7).

python3 models/train/held_out_range.py --cases ../shared/data/train --out models/unet models/segresnet

Writes "heldOutRange" into model.json, from evaluation.json beside it: by region the tenth percentile and the quartiles of the Dice
of all contrasts, int8, over the real held-out cases whose reference holds the region; and for each fold "heldOutSha256", the digest
of the T1c file of each of its held-out cases, by which a case is known under another name.
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


def digest(folder: Path) -> str:
    (file,) = folder.glob("*-t1c.nii.gz")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", required=True, type=Path, help="folder of the cases' folders")
    parser.add_argument("--out", required=True, type=Path, nargs="+", help="folders of models")
    arguments = parser.parse_args()
    for folder in arguments.out:
        path = folder / "model.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        rows = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["cases"]
        manifest["heldOutRange"] = ranges(rows)
        for fold in manifest["folds"]:
            fold["heldOutSha256"] = [digest(arguments.cases / name) for name in fold["heldOut"]]
        text = json.dumps(manifest, indent=2)
        text = re.sub(r"\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]", r"[\1, \2]", text)  # a range a line
        path.write_text(text + "\n", encoding="utf-8")
        print(f"{path}: {manifest['heldOutRange']['WT']}")


main()
