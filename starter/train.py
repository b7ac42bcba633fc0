"""Trains the starter model for a given time, on one NVIDIA GPU or on the CPU. Can be stopped and started again at any moment.

    python train.py --minutes 70
    python train.py --minutes 120 --from-shipped     # no work folder left: go on from the weights in the repository

The schedule is a function of training time, not of steps, so the learning rate reaches zero when the time is over,
however fast the machine is. On the CPU it is processor time per thread: other work on the machine does not shorten the
run. Just before the rate starts to fall the state is kept as `stable.pt`:
called again with more minutes, training goes on from there, so that a long run can be done in pieces with a usable
model at the end of each."""

import argparse
import json
import math
import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import torch

import pack
import vocabulary
from model import new_marker, new_model, packed_losses, start_looking_up
from safetensors.torch import load_file
from settings import (
    BATCH_ROWS,
    CLIP,
    DATA,
    DECAY,
    DECODER_ROW,
    ENCODER_ROW,
    FAST_START,
    GUIDANCE,
    MARKING,
    MIX,
    OUTPUT,
    PEAK,
    REPO,
    REWARM_STEPS,
    WARMUP,
)


def learning_rate_factor(progress):
    """Warm-up, a short fast start, then half the rate, at the end a straight line down to zero.

    `progress` runs from 0 to 1 over the whole training time. The full rate helps while the model only learns
    which words are frequent; later it makes the gradients explode."""
    if progress < WARMUP:
        return progress / WARMUP
    if progress < FAST_START:
        return 1.0
    return 0.5 * min(1.0, max(0.0, (1 - progress) / (1 - DECAY)))


def shares(progress):
    """Share of span-corruption, copying and lookup rows in a batch; they fall in a straight line."""
    return {name: start * max(0.0, 1 - progress / until) for name, (start, until) in MIX.items()}


class Stream:
    """Endless rows of one packed file, in a new order on every pass."""

    def __init__(self, path, seed):
        self.arrays = pack.load(path)
        self.seed, self.position = seed, 0

    def take(self, count):
        """The next `count` rows of every field."""
        size = len(self.arrays[0])
        picked = []
        for _ in range(count):
            epoch, index = divmod(self.position, size)
            if index == 0 or not hasattr(self, "order"):
                self.order = np.random.default_rng(self.seed + epoch).permutation(size)
            picked.append(self.order[index])
            self.position += 1
        return [a[picked] for a in self.arrays]


def make_optimizers(model, marker):
    """Muon for the weight matrices inside the blocks, AdamW for the embedding and everything small."""
    queries, matrices, rest = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim != 2 or ".block." not in name or "relative_attention_bias" in name:
            rest.append(parameter)
        elif name.endswith(".q.weight"):
            queries.append(parameter)
        else:
            matrices.append(parameter)
    groups = [{"params": matrices, "lr": PEAK["muon"]}, {"params": queries, "lr": PEAK["query"]}]
    muon = torch.optim.Muon(groups, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    embedding = [p for p in rest if p.ndim == 2 and p.shape[0] > 1000]
    position = [p for p in rest if p.ndim == 2 and p.shape[0] <= 1000]
    small = [p for p in rest if p.ndim == 1] + list(marker.parameters())
    groups = [{"params": p, "lr": PEAK[name]} for name, p in (("embedding", embedding), ("position", position), ("small", small))]
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    optimizers = [muon, adam]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def save(path, model, marker, optimizers, state):
    """Writes a checkpoint so that a crash while writing leaves the previous one intact."""
    partial = path.with_suffix(".partial")
    optimizers = [o.state_dict() for o in optimizers]
    torch.save({"model": model.state_dict(), "marker": marker.state_dict(), "optimizers": optimizers, "state": state}, partial)
    os.replace(partial, path)


def shipped_state(folder, summary):
    """The weights of an exported folder in F32, and the counts of the run that made them (`summary.json`).

    The optimizers' moments are not exported: they start at zero, and the rate is raised from zero again over
    `REWARM_STEPS`. The rows come in an order that the earlier run has not seen. `looking_up` is the step at which the heads
    of model.start_looking_up were set up."""
    weights = {name: tensor.float() for name, tensor in load_file(Path(folder) / "model.safetensors").items()}
    for copy in ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"):
        weights[copy] = weights["shared.weight"]
    past = json.loads(Path(summary).read_text())
    counts = {name: past[name] for name in ("step", "elapsed", "cpu", "tokens", "targets")}
    return weights, {**counts, "restarts": past.get("restarts", []) + [past["step"]], "looking_up": past.get("looking_up")}


def prepare_from_shipped(work):
    """Puts the shipped vocabulary and the learning curve so far into an empty work folder; returns where the weights are."""
    work.mkdir(parents=True, exist_ok=True)
    for source in (OUTPUT / "tokenizer.json", REPO / "starter" / "curve.jsonl"):
        if not (work / source.name).exists():
            shutil.copyfile(source, work / source.name)
    return OUTPUT, REPO / "starter" / "summary.json"


def forget_steps_after(curve, step):
    """Leaves out of the learning curve what the run goes back behind."""
    if curve.exists():
        lines = [line for line in curve.read_text(encoding="utf-8").splitlines() if json.loads(line)["step"] <= step]
        curve.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def train(work, minutes, rows_per_batch=BATCH_ROWS, compiled=True, stop_after=None, threads=None, log_every=20, shipped=None):
    """Runs until the training time is used up; returns the model.

    `shipped` is a pair (exported folder, its summary.json) to go on from where the work folder has no checkpoint."""
    work = Path(work)
    torch.set_num_threads(threads or os.cpu_count())
    torch.set_flush_denormal(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = new_model().to(device)
    marker = new_marker().to(device)
    optimizers = make_optimizers(model, marker)
    names = ("pretrain", "instruct", "copying", "lookup")
    state = {"step": 0, "elapsed": 0.0, "cpu": 0.0, "tokens": 0, "targets": 0, "budget": minutes * 60, "restarts": [], "looking_up": 0, **{name: 0 for name in names}}
    checkpoint, stable = work / "checkpoint.pt", work / "stable.pt"
    budget = minutes * 60
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True, map_location=device)
        if stored["state"]["budget"] < budget and stored["state"]["elapsed"] >= DECAY * stored["state"]["budget"]:
            stored = torch.load(stable, weights_only=True, map_location=device)  # a longer run: forget the fall of the shorter one
        model.load_state_dict(stored["model"])
        marker.load_state_dict(stored["marker"])
        for optimizer, content in zip(optimizers, stored["optimizers"]):
            optimizer.load_state_dict(content)
        state |= stored["state"]
        state["budget"] = budget
        print(f"resumed at step {state['step']} after {state['elapsed'] / 60:.1f} minutes")
    elif shipped:
        weights, past = shipped_state(*shipped)
        model.load_state_dict(weights)
        state |= past
        if state["looking_up"] is None:  # made before new_model did it
            start_looking_up(model)
            state["looking_up"] = state["step"]
        print(f"going on from the shipped weights: step {state['step']}, {state['elapsed'] / 60:.1f} minutes")
    restarts = state["restarts"]
    streams = {name: Stream(work / f"{name}.npz", seed + 1000 * len(restarts)) for seed, name in enumerate(names, 11)}
    for name, stream in streams.items():
        stream.position = state[name]

    forget_steps_after(work / "curve.jsonl", state["step"])
    losses_of = lambda batch: packed_losses(model, marker, batch)
    if compiled:
        losses_of = torch.compile(losses_of)
    curve = open(work / "curve.jsonl", "a", encoding="utf-8")
    rng = np.random.default_rng(state["step"])
    window, saved = [], time.time()
    model.train()
    warm = False
    progress = state["elapsed"] / budget
    while state["elapsed"] < budget:
        started, cpu = time.time(), time.process_time()
        if progress < DECAY <= state["elapsed"] / budget:
            save(stable, model, marker, optimizers, state)
        progress = state["elapsed"] / budget
        counts = {name: rng.binomial(rows_per_batch, share) for name, share in shares(progress).items()}
        room = rows_per_batch
        for name in counts:
            counts[name] = min(counts[name], room)
            room -= counts[name]
        counts["instruct"] = room
        parts = [streams[name].take(count) for name, count in counts.items()]
        batch = [np.concatenate(fields) for fields in zip(*parts)]
        batch.append(pack.answer_marks(batch[0], batch[1], batch[3], batch[4]))
        batch = [torch.from_numpy(array.astype(np.int64)).to(device) for array in batch]
        with torch.autocast(device, dtype=torch.bfloat16):
            loss, marking, guide = losses_of(batch)
        (loss + MARKING * marking + GUIDANCE * guide).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        factor = learning_rate_factor(progress)
        if restarts:
            factor *= min(1.0, (state["step"] + 1 - restarts[-1]) / REWARM_STEPS)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            if torch.isfinite(norm):
                optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        window.append([loss.item(), marking.item(), guide.item()])
        state["step"] += 1
        cpu = time.process_time() - cpu
        state["cpu"] += cpu
        if warm:  # the first step of a process compiles; it does not count against the schedule
            state["elapsed"] += time.time() - started if device == "cuda" else cpu / torch.get_num_threads()
        warm = True
        state["tokens"] += int((batch[1] > 0).sum() + (batch[3] > 0).sum())
        state["targets"] += int((batch[3] > 0).sum())
        for name, stream in streams.items():
            state[name] = stream.position
        if state["step"] % log_every == 0:
            record = {
                "step": state["step"],
                "minutes": round(state["elapsed"] / 60, 2),
                "cpu_minutes": round(state["cpu"] / 60, 2),
                "tokens": state["tokens"],
                **dict(zip(("loss", "marking", "guide"), np.mean(window, axis=0).round(4).tolist())),
                "grad_norm": round(float(norm), 3),
                "lr_factor": round(factor, 4),
                "shares": {name: round(share, 3) for name, share in shares(progress).items()},
                "tokens_per_second": round(rows_per_batch * (ENCODER_ROW + DECODER_ROW) / (time.time() - started)),
            }
            window = []
            curve.write(json.dumps(record) + "\n")
            curve.flush()
            print(record, flush=True)
        if time.time() - saved > 180:
            save(checkpoint, model, marker, optimizers, state)
            saved = time.time()
        if stop_after and state["step"] >= stop_after:
            break
    save(checkpoint, model, marker, optimizers, state)
    summary = {**state, "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "torch": torch.__version__}
    (work / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(summary)
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA, help="data folder (default: ../shared/data beside the repository)")
    parser.add_argument("--work", default="/tmp/graft-starter", help="folder for packed rows and checkpoints")
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--from-shipped", action="store_true", help="without a checkpoint, go on from public/models/starter")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")
    options = parser.parse_args()
    shipped = prepare_from_shipped(Path(options.work)) if options.from_shipped else None
    pack.build(vocabulary.build(options.data, options.work), options.data, options.work)
    train(options.work, options.minutes, threads=options.threads, shipped=shipped)
