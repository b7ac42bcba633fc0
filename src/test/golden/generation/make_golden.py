"""Golden ids of transformers' `generate` on the two tiny models beside this folder, for every kind of decoding option.

Command:   python src/test/golden/generation/make_golden.py
Versions:  torch 2.15.0, transformers 5.23.0, numpy 2.4.6 (all from PyPI)

Writes golden.json: prompts, and for each model and each set of options (cases.py) the ids of every prompt, decoded as one
padded batch. Prompts are those whose answers stay the same when the model computes in float64, so that no case hangs on
how a sum was rounded.
"""

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from cases import CASES, new_prompts
from reference import generate_with_doubts

HERE = Path(__file__).resolve().parent
FLAVOURS = ["relu", "gated"]


def load(flavour):
    model = transformers.T5ForConditionalGeneration.from_pretrained(HERE.parent / flavour, attn_implementation="eager")
    return model.float().eval()


def write_golden():
    prompts = new_prompts(8, vocabulary=56, longest=14, seed=3)
    groups, doubtful = [], 0
    for flavour in FLAVOURS:
        model = load(flavour)
        cases = []
        for options in CASES:
            ids, doubts = generate_with_doubts(model, prompts, options)
            if doubts:
                print("hangs on rounding:", flavour, options, "rows", doubts)
            doubtful += len(doubts)
            cases.append(dict(options=options, ids=ids))
        different = len({json.dumps(case["ids"]) for case in cases})
        print(flavour, len(cases), "cases,", different, "different results")
        groups.append(dict(flavour=flavour, cases=cases))
    if doubtful:
        raise SystemExit("Take another seed for the prompts.")
    versions = {m.__name__: m.__version__ for m in (torch, transformers, np)}
    golden = dict(versions=versions, prompts=prompts, groups=groups)
    (HERE / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    write_golden()
