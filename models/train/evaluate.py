"""Dice of trained folds on the cases each did not see, at the cases' own grid: `shapslice score` does the rest.

python3 models/train/evaluate.py --cases PREPARED/real --runs RUNS --out models/unet \\
    [--synthetic-folders FOLDER --synthetic PREPARED]
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

import cases
import networks
import quantise

REGIONS = ("WT", "TC", "ET", "NCR", "ED")


def load_network(config, checkpoint, int8):
    network = networks.load(networks.build(config), checkpoint["average"])
    if int8:
        quantise.round_weights(network)
    return network.eval().to(memory_format=networks.MEMORY_FORMAT)


def logits_of(network, image):
    with torch.no_grad():
        return network(torch.from_numpy(image)[None]).float().numpy()[0]


def score(program, config, folder, logits):
    """Dice by region, and which regions the reference holds."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, np.ascontiguousarray(logits, dtype="<f4"))
        file.flush()
        command = [program, "score", "--case", str(folder), "--spacing", str(config["spacing"][0]),
                   "--multiple", str(config["multiple"]), "--logits", file.name,
                   "--least", ",".join(str(extent) for extent in reversed(cases.least_extent(config)))]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["dice"], answer["present"]


def medians(rows, precision):
    """Median Dice by region over the rows whose reference holds it."""
    found = {}
    for region in REGIONS:
        values = [row[precision][region] for row in rows if row["present"][region]]
        found[region] = round(float(np.median(values)), 4) if values else None
    return found


def evaluate_fold(config, arguments, fold):
    checkpoint = torch.load(Path(arguments.runs) / config["id"] / f"fold{fold}.pt", map_location="cpu")
    networks_by_precision = {"fp32": load_network(config, checkpoint, False), "int8": load_network(config, checkpoint, True)}
    places = [(arguments.cases, arguments.case_folders, name, False) for name in checkpoint["heldOut"]]
    if arguments.synthetic:
        names = cases.case_names(arguments.synthetic)
        places += [(arguments.synthetic, arguments.synthetic_folders, name, True) for name in names]
    rows = []
    for prepared, folders, name, synthetic in places:
        image, _ = cases.pad_to(*cases.load_case(prepared, name), cases.least_extent(config))
        row = {"case": name, "fold": fold, "synthetic": synthetic}
        for precision, network in networks_by_precision.items():
            row[precision], row["present"] = score(arguments.program, config, Path(folders) / name, logits_of(network, image))
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows, checkpoint


def table(title, groups):
    lines = [f"| {title} | cases | precision | " + " | ".join(REGIONS) + " |", "|---|---|---|" + "---|" * len(REGIONS)]
    for name, rows in groups:
        for precision in ("fp32", "int8"):
            found = medians(rows, precision)
            cells = " | ".join("-" if found[r] is None else f"{found[r]:.3f}" for r in REGIONS)
            lines.append(f"| {name} | {len(rows)} | {precision} | {cells} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("unet.json"))
    parser.add_argument("--program", default=cases.REPOSITORY / "build/native/shapslice")
    parser.add_argument("--case-folders", default=cases.REPOSITORY / "../shared/data/train")
    parser.add_argument("--cases", required=True, help="folder of the same cases, prepared")
    parser.add_argument("--synthetic-folders")
    parser.add_argument("--synthetic", help="prepared synthetic cases that no fold was trained on")
    parser.add_argument("--runs", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--folds", type=int, nargs="*")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = cases.load_config(arguments.config)

    rows, training = [], []
    for fold in arguments.folds if arguments.folds is not None else range(config["folds"]):
        fold_rows, checkpoint = evaluate_fold(config, arguments, fold)
        rows += fold_rows
        training.append({"fold": fold, "step": checkpoint["step"], "seconds": round(checkpoint["seconds"]),
                         "seed": checkpoint["seed"], "real": checkpoint["real"], "synthetic": checkpoint["synthetic"],
                         "startedFrom": checkpoint.get("startedFrom")})
    real = [row for row in rows if not row["synthetic"]]
    synthetic = [row for row in rows if row["synthetic"]]
    groups = [(f"fold {f['fold'] + 1}", [r for r in real if r["fold"] == f["fold"]]) for f in training]
    groups.append(("all held-out", real))
    if synthetic:
        groups.append(("synthetic, all folds", synthetic))
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps({"training": training, "cases": rows}, indent=1) + "\n", encoding="utf-8")
    text = (f"# {config['name']}: median Dice on cases the fold did not see\n\nAt each case's own 1 mm grid; a region that the "
            "reference lacks is left out. Written by models/train/evaluate.py.\n\n" + table("held out by", groups) + "\n")
    (out / "EVALUATION.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
