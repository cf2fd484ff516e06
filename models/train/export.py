"""Writes trained folds as int8 ONNX files with model.json. Run evaluate.py first: its Dice goes into the manifest, and what a case's
verdict is measured by (held_out_range.py).

python3 models/train/export.py --runs RUNS --out models/unet
"""

import argparse
import io
import json
import re
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

import cases
import evaluate
import held_out_range
import instance_norm
import manifest
import networks
import quantise

OPSET = 17
# What ONNX Runtime Web's WebGPU provider runs in 3-D; anything else in a file is a mistake.
ALLOWED = {
    "Conv", "LeakyRelu", "Resize", "Concat", "DequantizeLinear", "BatchNormalization", "ReduceMean", "ReduceSumSquare",
    "Shape", "Cast", "Div", "Mul", "Sub", "Relu",
    # SegResNet's groups, and the transformers
    "Add", "Reshape", "Unsqueeze", "ConstantOfShape", "Gather", "Erf", "LayerNormalization", "MatMul", "Slice", "Softmax", "Split",
    "Squeeze", "Transpose", "Equal", "Expand", "Not", "Tile",
}


def to_onnx(network, config):
    """The network as an ONNX model, batch 1, its three extents left open where it takes more than one size."""
    space = {2: "depth", 3: "height", 4: "width"}
    fixed = config.get("fixedPatch")
    buffer = io.BytesIO()
    example = torch.zeros(1, len(config["contrasts"]), *(config["patch"] if fixed else 3 * [2 * config["multiple"]]))
    torch.onnx.export(
        network.eval(), example, buffer, opset_version=OPSET, input_names=["image"], output_names=["logits"],
        dynamic_axes=None if fixed else {"image": space, "logits": space},
        do_constant_folding=False,  # folded, the attention masks of Swin UNETR alone are 100 MB
    )
    return shorten_names(share_equal_constants(skip_identities(inline_constants(onnx.load_from_string(buffer.getvalue())))))


def inline_constants(model):
    """Constant nodes as initialisers, which is where a runtime looks for a Resize's scales."""
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    for node in constants:
        tensor = onnx.TensorProto()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        model.graph.initializer.append(tensor)
        model.graph.node.remove(node)
    return model


def skip_identities(model):
    """torch lets equal parameters (untouched biases, say) share one initialiser through Identity: they are read directly."""
    identities = [node for node in model.graph.node if node.op_type == "Identity"]
    source = {node.output[0]: node.input[0] for node in identities}
    for node in identities:
        model.graph.node.remove(node)
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = source.get(name, name)
    return model


def share_equal_constants(model):
    """One initialiser for equal ones: Swin UNETR's tables of positions are the same in every block."""
    first, same = {}, {}
    for each in list(model.graph.initializer):
        content = (tuple(each.dims), each.data_type, numpy_helper.to_array(each).tobytes())
        if content in first:
            same[each.name] = first[content]
            model.graph.initializer.remove(each)
        else:
            first[content] = each.name
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = same.get(name, name)
    return model


def shorten_names(model):
    """torch names a tensor by the path of scopes to it, each of which repeats the one before: in a transformer a tenth of the
    file. "/stages.2/stages.2.1/norm/Add_output_0" becomes "/stages.2.1/norm/Add"."""
    def short(name):
        return re.sub(r"/([^/]+)(?=/\1\.)", "", name).removesuffix("_output_0") if name.startswith("/") else name

    graph = model.graph
    names = {name for node in graph.node for name in [*node.input, *node.output]} | {each.name for each in graph.initializer}
    if len({short(name) for name in names}) != len(names):
        raise ValueError("two tensors would get one name")
    for node in graph.node:
        node.name = short(node.name)
        for values in (node.input, node.output):
            values[:] = [short(name) for name in values]
    for each in graph.initializer:
        each.name = short(each.name)
    return model


def check_operators(model):
    unexpected = {node.op_type for node in model.graph.node} - ALLOWED
    if unexpected:
        raise ValueError(f"operators {sorted(unexpected)} are not among {sorted(ALLOWED)}")
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "group" and attribute.i != 1:
                raise ValueError(f"{node.name} is a grouped convolution, which the WebGPU provider does not run in 3-D")


def export_network(network, config, path, int8=True):
    model = instance_norm.replace_instance_norms(to_onnx(network, config))
    if int8:
        model = quantise.quantise_model(model)
    check_operators(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))


def fold_dice(evaluation, fold, precision):
    rows = [row for row in evaluation["cases"] if row["fold"] == fold and not row["synthetic"]]
    return evaluate.medians(rows, precision)


def held_out_dice(evaluation):
    """Median Dice of the int8 folds over all real cases, each judged by the fold that did not see it."""
    rows = [row for row in evaluation["cases"] if not row["synthetic"]]
    return {"cases": len(rows), **evaluate.medians(rows, "int8")}


def export_fold(config, checkpoint, evaluation, case_folders, path):
    network = networks.load(networks.build(config), checkpoint["average"])
    export_network(network, config, path)
    entry = manifest.file_entry(path)
    digests = held_out_range.digests(case_folders, checkpoint["heldOut"])
    entry.update({"heldOut": checkpoint["heldOut"], "heldOutSha256": digests, "seed": checkpoint["seed"], "steps": checkpoint["step"]})
    if checkpoint.get("startedFrom"):
        entry["startedFrom"] = checkpoint["startedFrom"]
    if evaluation is not None:
        entry["dice"] = fold_dice(evaluation, checkpoint["fold"], "int8")
        entry["diceFp32"] = fold_dice(evaluation, checkpoint["fold"], "fp32")
    return network, entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parent
    parser.add_argument("--config", default=here / "unet.json")
    parser.add_argument("--training-data", default=here / "training_data.json", help="name, licence and citation")
    parser.add_argument("--case-folders", type=Path, default=cases.REPOSITORY / "../shared/data/train")
    parser.add_argument("--runs", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--folds", type=int, nargs="*", help="instead of all")
    arguments = parser.parse_args()
    config = cases.load_config(arguments.config)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    evaluated = out / "evaluation.json"
    evaluation = json.loads(evaluated.read_text(encoding="utf-8")) if evaluated.exists() else None

    folds = []
    for fold in arguments.folds if arguments.folds is not None else range(config["folds"]):
        checkpoint = torch.load(Path(arguments.runs) / config["id"] / f"fold{fold}.pt", map_location="cpu")
        network, entry = export_fold(config, checkpoint, evaluation, arguments.case_folders, out / f"fold{fold}.onnx")
        folds.append(entry)
        print(f"{entry['file']}: {entry['bytes']} bytes, {checkpoint['step']} steps")
    training_data = cases.load_config(arguments.training_data)
    training_data.update({"cases": checkpoint["real"] + len(checkpoint["heldOut"]), "synthetic": checkpoint["synthetic"]})
    trained_with = {"torch": torch.__version__, "arithmetic": checkpoint.get("arithmetic", "bfloat16 autocast"), "splitSeed": config["splitSeed"], **config["training"]}
    written = manifest.build(config, network, folds, training_data, trained_with)
    if evaluation is not None:
        written["heldOutDice"] = held_out_dice(evaluation)
        written["heldOutRange"] = held_out_range.ranges(evaluation["cases"])
    manifest.write(written, out)


if __name__ == "__main__":
    main()
