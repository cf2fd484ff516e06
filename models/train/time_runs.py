"""Times PyTorch's forward pass of an exported fold, for bench/runtimes.mjs: milliseconds of each run as JSON.

python3 models/train/time_runs.py --config models/train/unet.json --onnx models/unet/fold0.onnx --extents 72 88 72 --threads 1 --rounds 3
"""

import argparse
import json
import time
from pathlib import Path

import torch

import allocator
import cases
import exported
import networks
from arithmetic import multiplies_bfloat16


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("unet.json"))
    parser.add_argument("--onnx", required=True)
    parser.add_argument("--extents", type=int, nargs=3, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = networks.build(cases.load_config(arguments.config)).eval()
    network.load_state_dict(exported.parameters(arguments.onnx, network.state_dict()))
    image = torch.full((1, 4, *arguments.extents), 0.5)
    device = torch.device("cpu")
    made = {"bfloat16InHardware": multiplies_bfloat16(device)}
    for label, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        layout = torch.channels_last_3d if dtype == torch.bfloat16 else torch.contiguous_format
        cast = network.to(memory_format=layout)
        given = image.to(memory_format=layout)
        times = []
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            for n in range(arguments.rounds + 1):
                started = time.perf_counter()
                cast(given)
                if n > 0:  # the first warms up
                    times.append(1000 * (time.perf_counter() - started))
        made[label] = times
    print(json.dumps(made))


if __name__ == "__main__":
    allocator.restart_with_settings()
    main()
