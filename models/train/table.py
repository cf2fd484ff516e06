"""The table of shipped models in docs/models.md, made of their manifests, evaluations and bench/models.json: nothing in it is
typed.

python3 models/train/table.py            writes it between its two markers
python3 models/train/table.py --check    fails where the document differs from what would be written
"""

import argparse
import json
import sys
from pathlib import Path

import cases
import evaluate

DOCUMENT = cases.REPOSITORY / "docs/models.md"
BEGIN, END = "<!-- written by models/train/table.py: begin -->\n", "<!-- end -->\n"
ORDER = ["unet", "segresnet", "unetr", "swin_unetr", "unet_dropout"]


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def shipped():
    """(folder, manifest, rows of the evaluation on real cases, training record by fold) of each shipped model."""
    for folder in ORDER:
        path = cases.REPOSITORY / "models" / folder
        if not (path / "model.json").exists():
            continue
        evaluation = read_json(path / "evaluation.json")
        rows = [row for row in evaluation["cases"] if not row["synthetic"]]
        yield folder, read_json(path / "model.json"), rows, {each["fold"]: each for each in evaluation["training"]}


def line(cells):
    return "| " + " | ".join(cells) + " |"


def head(cells):
    return [line(cells), "|---" * len(cells) + "|"]


def dice_cells(rows):
    found = evaluate.medians(rows, "int8")
    return ["-" if found[region] is None else f"{found[region]:.3f}" for region in evaluate.REGIONS]


def mean_cost(rows):
    """How much mean Dice over the regions present quantisation took."""
    def mean(row, precision):
        values = [row[precision][region] for region in evaluate.REGIONS if row["present"][region]]
        return sum(values) / len(values)

    return sum(mean(row, "fp32") - mean(row, "int8") for row in rows) / len(rows)


def overview(models, costs):
    lines = head(["model", "weights", "file of a fold", "WASM, a run", "onnxruntime-node", "page's memory", *evaluate.REGIONS, "cost of int8"])
    for _, manifest, rows, _ in models:
        cost = costs.get(manifest["id"])
        largest = max(fold["bytes"] for fold in manifest["folds"])
        lines.append(line([
            manifest["name"], f"{manifest['parameters'] / 1e6:.2f} M", f"{largest / 1e6:.2f} MB",
            f"{cost['wasmMs']} ms" if cost else "-", f"{cost['nodeMs']} ms" if cost else "-",
            f"{cost['pageMb']} MB" if cost else "-", *dice_cells(rows), f"{mean_cost(rows):+.4f}",
        ]))
    return lines


def by_fold(models):
    lines = head(["model", "fold", "held out", *evaluate.REGIONS, "steps", "training"])
    for _, manifest, rows, training in models:
        for fold in range(len(manifest["folds"])):
            held_out = [row for row in rows if row["fold"] == fold]
            record = training[fold]
            lines.append(line([manifest["name"], str(fold + 1), f"{len(held_out)} cases", *dice_cells(held_out),
                               str(record["step"]) + (" more" if record.get("startedFrom") else ""), f"{record['seconds'] / 60:.0f} min"]))
    return lines


def text():
    models = list(shipped())
    bench = cases.REPOSITORY / "bench/models.json"
    costs = read_json(bench) if bench.exists() else {}
    machine = costs.get("machine")
    lines = ["Median Dice of the int8 files on the cases that each fold did not see, at the cases' own 1 mm grid, over the cases "
             "whose reference holds the region."]
    if machine:
        lines[0] += (f" Times are medians over the runs of a real case, memory is the page's at its height; {machine['processor']}, "
                     f"{machine['cores']} cores, {machine['measured']}.")
    lines += ["", *overview(models, costs), "", *by_fold(models), ""]
    sources = {}
    for _, manifest, _, _ in models:
        data = manifest["trainingData"]
        sources.setdefault((data["name"], data["licence"], tuple(data["citation"])), []).append(manifest["name"])
    for (name, licence, citation), names in sources.items():
        lines += [f"Trained on {name} ({licence}): {', '.join(names)}. Cite {'; '.join(citation)}.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    document = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{text()}\n{END}{after}"
    if arguments.check:
        if document != wanted:
            sys.exit("docs/models.md: its table is not what models/train/table.py writes; run it.")
        print("docs/models.md: the table is what the manifests, evaluations and measurements say")
        return
    DOCUMENT.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
