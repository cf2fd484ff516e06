"""Makes a tiny network with a 3-D ConvTranspose, which ONNX Runtime Web's WebGPU provider refuses when it runs and the page
does not rewrite: what the tests of the change to WASM need.

python3 models/train/tiny_transposed.py --out tests/data/tiny-transposed
"""

import argparse
from pathlib import Path

import onnx
import torch

import cases
import export
import manifest


class DownAndUp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.down = torch.nn.Conv3d(4, 8, kernel_size=2, stride=2)
        self.up = torch.nn.ConvTranspose3d(8, 4, kernel_size=2, stride=2)

    def forward(self, image):
        return self.up(torch.nn.functional.leaky_relu(self.down(image), 0.01))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("tiny.json"))
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    config = cases.load_config(arguments.config)
    config.update(id="tiny-transposed", name="Tiny transposed", architecture="Conv and ConvTranspose")
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(3)
    network = DownAndUp()
    torch.nn.init.normal_(network.up.weight, 0, 2)
    model = export.to_onnx(network, len(config["contrasts"]), config["multiple"])
    # Padding that depends on the input's size is what the page's rewriting leaves alone.
    for node in model.graph.node:
        if node.op_type == "ConvTranspose":
            kept = [each for each in node.attribute if each.name != "pads"]
            del node.attribute[:]
            node.attribute.extend(kept + [onnx.helper.make_attribute("auto_pad", "SAME_UPPER")])
    (out / "fold0.onnx").write_bytes(model.SerializeToString())
    folds = [{**manifest.file_entry(out / "fold0.onnx"), "heldOut": [], "seed": 3}]
    training_data = {"name": "none", "licence": "none", "citation": [], "cases": 0, "synthetic": 0}
    manifest.write(manifest.build(config, network, folds, training_data, {"steps": 0}), out)


if __name__ == "__main__":
    main()
