"""Trains one fold. Resumes from its checkpoint; the same seed and cases give the same crops.

python3 models/train/train.py --cases PREPARED/real --synthetic PREPARED/synthetic --fold 0 --out RUNS
"""

import argparse
import copy
import json
import os
import time
from pathlib import Path

import numpy as np
import torch

import allocator
import cases
import exported
import losses
import networks
from arithmetic import Arithmetic

CHECKPOINT_EVERY = 20
LOG_EVERY = 25  # and after the last
VALIDATE_EVERY = 300


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=Path(__file__).with_name("unet.json"))
    parser.add_argument("--cases", required=True, help="folder of prepared real cases")
    parser.add_argument("--synthetic", help="folder of prepared synthetic cases")
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--out", required=True, help="folder for checkpoints and logs, which go below the configuration's id")
    parser.add_argument("--steps", type=int, help="instead of the configuration's")
    parser.add_argument("--more", type=int, help="go on from a finished fold with another cycle of so many steps, at half the rate")
    parser.add_argument("--start-from", help="folder of exported folds of the same network and split (models/unet, say), to start from their weights")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def save(path, state):
    """Written beside and renamed, so that a stop in the middle leaves the old checkpoint whole."""
    torch.save(state, f"{path}.new")
    os.replace(f"{path}.new", path)


def update_average(average, network, decay):
    with torch.no_grad():
        for kept, new in zip(average.parameters(), network.parameters()):
            kept.lerp_(new, 1 - decay)


def average_with(network, weights):
    """Stochastic weight averaging (Izmailov et al., UAI 2018) over two cycles: the mean of where each ended."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                value.copy_((value + weights[name].to(value.device)) / 2)


def held_out_dice(config, trained, held_out, arithmetic):
    """Median Dice by region at the model's own spacing, over the cases that hold the region: how training goes, and no
    substitute for evaluate.py's, at the cases' grids."""
    network = networks.load(networks.build(config), trained.state_dict()).to(arithmetic.device, memory_format=arithmetic.memory_format)
    by_region = {region: [] for region in losses.REGIONS}
    for image, target in held_out:
        with torch.no_grad(), arithmetic.forward():
            found = network(torch.from_numpy(image)[None].to(arithmetic.device)).argmax(dim=1)[0].cpu().numpy()
        wanted = target.argmax(axis=0)
        for region, channels in zip(losses.REGIONS, losses.REGION_CHANNELS):
            predicted, reference = np.isin(found, channels), np.isin(wanted, channels)
            if reference.any():
                by_region[region].append(2 * (predicted & reference).sum() / (predicted.sum() + reference.sum()))
    return {region: round(float(np.median(values)), 3) for region, values in by_region.items() if values}


def main():
    arguments = parse_arguments()
    config = cases.load_config(arguments.config)
    training = config["training"]
    steps = arguments.steps or training["steps"]
    torch.set_num_threads(arguments.threads)
    seed = training["seed"] + arguments.fold
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    arithmetic = Arithmetic(device)

    names = cases.case_names(arguments.cases)
    held_out = cases.fold_of_cases(names, config["folds"], config["splitSeed"])
    def load(folder, name):
        return cases.pad_to(*cases.load_case(folder, name), cases.least_extent(config))

    real = [load(arguments.cases, name) for name in names if held_out[name] != arguments.fold]
    unseen = [load(arguments.cases, name) for name in names if held_out[name] == arguments.fold]
    synthetic = []
    if arguments.synthetic:
        synthetic = [load(arguments.synthetic, name) for name in cases.case_names(arguments.synthetic)]

    network = networks.build(config, tile=training["crop"]).to(device, memory_format=arithmetic.memory_format)
    started_from = None
    if arguments.start_from:
        started_from = Path(arguments.start_from) / f"fold{arguments.fold}.onnx"
        network.load_state_dict(exported.parameters(started_from, network.state_dict()))
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=training["learningRate"], weight_decay=training["weightDecay"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=training["learningRate"], total_steps=steps, pct_start=0.25)

    out = Path(arguments.out) / config["id"]
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"fold{arguments.fold}.pt"
    done, seconds = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done, seconds = state["step"], state["seconds"]
    if arguments.more:
        done_before = done
        optimiser = torch.optim.AdamW(network.parameters(), lr=training["learningRate"] / 2, weight_decay=training["weightDecay"])
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=training["learningRate"] / 2, total_steps=arguments.more, pct_start=0.25)
        steps = done_before + arguments.more
    # A resumed run draws crops of its own seed: which steps were drawn before need not be replayed.
    sampler = cases.CropSampler(real, synthetic, training, seed * 1000003 + done)

    start_weights = None
    if started_from and training.get("averageWithStart"):
        start_weights = exported.parameters(started_from, network.state_dict())

    log = open(out / f"fold{arguments.fold}.log", "a", encoding="utf-8")
    running = 0.0
    started = time.time()
    for step in range(done + 1, steps + 1):
        images, targets, start = sampler.batch()
        images = images.to(device, memory_format=arithmetic.memory_format)
        with arithmetic.forward():
            logits = network(images, start) if getattr(network, "READS_POSITION", False) else network(images)
        loss = losses.segmentation_loss(logits, targets.to(device), training)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        update_average(average, network, min(training["emaDecay"], step / (step + 10)))
        running += loss.item()
        if step % LOG_EVERY == 0 or step == steps:
            note = {"fold": arguments.fold, "seed": seed, "step": step, "of": steps, "loss": round(running / ((step - done - 1) % LOG_EVERY + 1), 4),
                    "seconds": round(time.time() - started + seconds, 1)}
            if step % VALIDATE_EVERY == 0:
                note["heldOutDice"] = held_out_dice(config, average, unseen, arithmetic)
            print(json.dumps(note), file=log, flush=True)
            running = 0.0
        if step == steps and start_weights:
            average_with(average, start_weights)
        if step % CHECKPOINT_EVERY == 0 or step == steps:
            save(checkpoint, {
                "network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(), "step": step, "seconds": seconds + time.time() - started,
                "fold": arguments.fold, "seed": seed, "heldOut": sorted(n for n in names if held_out[n] == arguments.fold),
                "synthetic": len(synthetic), "real": len(real), "device": device.type, "arithmetic": arithmetic.name,
                "startedFrom": started_from and exported.provenance(started_from),
            })


if __name__ == "__main__":
    allocator.restart_with_settings()
    main()
