"""Prepares cases and phantoms with the core's own program, so that training reads what inference will read.

python3 models/train/prepare.py --program build/native/shapslice --out PREPARED --phantoms 28
writes PREPARED/real/ and PREPARED/synthetic/.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import cases


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("unet.json"))
    parser.add_argument("--program", default=cases.REPOSITORY / "build/native/shapslice")
    parser.add_argument("--cases", default=cases.REPOSITORY / "../shared/data/train", help="a folder of case folders")
    parser.add_argument("--phantoms", type=int, default=28, help="how many synthetic cases to make")
    parser.add_argument("--first-seed", type=int, default=2, help="seed of the first phantom; 1 is the built-in case, which no fold sees")
    parser.add_argument("--out", required=True)
    return parser.parse_args()


def prepare(program, config, folders, out):
    """Each folder's crop, z-score and resampling, written below `out` by the core's program."""
    options = ["--spacing", str(config["spacing"][0]), "--multiple", str(config["multiple"]), "--out", str(out)]
    subprocess.run([str(program), "prepare", *options, *map(str, folders)], check=True)


def main():
    arguments = parse_arguments()
    config = cases.load_config(arguments.config)
    out = Path(arguments.out)
    folders = sorted(path for path in Path(arguments.cases).iterdir() if path.is_dir())
    prepare(arguments.program, config, folders, out / "real")
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.phantoms):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / f"phantom-{seed}"
            subprocess.run([str(arguments.program), "phantom", "--seed", str(seed), "--out", str(folder)], check=True)
            prepare(arguments.program, config, [folder], out / "synthetic")


if __name__ == "__main__":
    main()
