"""Runs of transformers' Seq2SeqTrainer, with and without peft, for Graft to repeat step by step.

Command:   python src/test/golden/training/make_golden.py
Versions:  torch 2.15.0, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0 (all from PyPI)

Writes one folder per run beside this file, on the tiny model ../gated: run.json (settings under Graft's names, token
ids of all rows, the rows of every batch in order, loss, gradient norm and rate of every step, TrainOutput and
trainer_state.json), initial.safetensors (the adapter before the first step; none in full training) and
final.safetensors (every trained parameter after the last).

parity/python/graft_parity/recorded_run.py says how a run is recorded. Longer runs, on a real model, are the parity run's
`training` case.
"""

import argparse
import random
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3] / "parity/python"))
from graft_parity.recorded_run import COMMON, EOS, FIXED_ADAFACTOR, T5_ADAFACTOR, write_run  # noqa: E402

LORA = dict(method="lora", lora=dict(r=2, alpha=6, dropout=0, targets=["q", "v", "wo"]))
TINY_RUNS = {
    "lora": {**COMMON, **LORA, "epochs": 5, "warmupSteps": 3, "weightDecay": 0.1, "learningRate": 3e-3},
    "full": {**COMMON, "method": "full", "epochs": 7, "schedule": "cosine", "warmupSteps": 2, "weightDecay": 0.1, "learningRate": 1e-3, "gradientAccumulationSteps": 4},
    "lab": {**COMMON, **LORA, "epochs": 2, "schedule": "constant", "padsToMaxLength": True, "countsPadding": True, "learningRate": 3e-3},
    "smoothing": {**COMMON, "method": "full", "maxSteps": 8, "schedule": "inverse_sqrt", "warmupSteps": 3, "labelSmoothing": 0.1, "learningRate": 5e-3},
    "adafactor": {**COMMON, "method": "full", "maxSteps": 12, "optimizer": "adafactor", "weightDecay": 0.01, "adafactor": {**T5_ADAFACTOR, "hasWarmupInit": False, "clipThreshold": 0.1}},
    "adafactorSlow": {**COMMON, **LORA, "maxSteps": 8, "optimizer": "adafactor"},
    "adafactorFixed": {**COMMON, **LORA, "maxSteps": 8, "optimizer": "adafactor", "adafactor": FIXED_ADAFACTOR, "schedule": "inverse_sqrt", "learningRate": 3e-3},
}


def tiny_rows(count):
    generator = random.Random(5)
    tokens = lambda longest: [generator.randint(3, 55) for _ in range(generator.randint(1, longest - 1))] + [EOS]
    return [dict(input=tokens(14), label=tokens(9)) for _ in range(count)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="name of one run")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, config in TINY_RUNS.items():
        if options.only in (None, name):
            numbers = write_run(HERE / name, HERE.parent / "gated", config, tiny_rows(21))
            print(name, numbers["passLosses"][0], numbers["passLosses"][-1], numbers["trainOutput"], flush=True)


if __name__ == "__main__":
    main()
