"""Which intensities a model has seen: what its card says, and what a case that is brighter is measured against.

python3 models/train/intensities.py --cases PREPARED/real --out models/unet --clipped-at 99.9

Writes "intensities" into model.json: the percentile of their brightness at which the training images were cut off before they
were published (leave it out where they were not), the range of z that the prepared cases have, and whether training made
outliers brighter (`brightened` in the configuration).
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np


def z_range(prepared: Path) -> list[float]:
    files = sorted(prepared.glob("*.input.npy"))
    if not files:
        raise SystemExit(f"{prepared}: no prepared case; expected files *.input.npy, as prepare.py writes them.")
    images = [np.load(path, mmap_mode="r") for path in files]
    return [round(float(min(image.min() for image in images)), 3), round(float(max(image.max() for image in images)), 3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", required=True, type=Path, help="prepared real cases")
    parser.add_argument("--out", required=True, type=Path, nargs="+", help="folders of models")
    parser.add_argument("--clipped-at", type=float, help="percentile")
    arguments = parser.parse_args()
    seen = z_range(arguments.cases)
    for folder in arguments.out:
        path = folder / "model.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        intensities = {"zRange": seen, "brightened": manifest.get("trainedWith", {}).get("brightened", 1)}
        if arguments.clipped_at is not None:
            intensities["clippedAtPercentile"] = arguments.clipped_at
        manifest["intensities"] = intensities
        text = json.dumps(manifest, indent=2)
        text = re.sub(r"\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]", r"[\1, \2]", text)  # a range a line
        path.write_text(text + "\n", encoding="utf-8")
        print(f"{path}: {intensities}")


main()
