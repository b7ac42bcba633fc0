"""What is drawn from after temperature, top-k and top-p: the probabilities that transformers' logits processors leave.

Rows are as wide as vocabularies; some have many equal scores. What is kept is what float32 keeps, as in transformers. Where
float64 keeps other tokens, the edge of the nucleus lies closer to top-p than float32 tells apart: such cases are
counted and named, and not compared.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import LogitsProcessorList
from transformers.generation import logits_process as lp

from graft_parity.options import Options

WIDTHS = [37, 8192, 32128]


def left_by(scores: torch.Tensor, options: dict) -> torch.Tensor:
    """The probability of every token: transformers' scores, their softmax in float64. In float32 that of 32,128 is off by 5e-6."""
    chain, keep = LogitsProcessorList(), options["keep"]
    if options["temperature"] != 1:
        chain.append(lp.TemperatureLogitsWarper(options["temperature"]))
    if options["top_k"] != 0:
        chain.append(lp.TopKLogitsWarper(options["top_k"], min_tokens_to_keep=keep))
    if options["top_p"] < 1:
        chain.append(lp.TopPLogitsWarper(options["top_p"], min_tokens_to_keep=keep))
    return chain(torch.tensor([[0]]), scores[None]).double().softmax(dim=-1)[0]


def new_row(random: np.random.RandomState, width: int) -> torch.Tensor:
    scores = random.uniform(0.5, 6) * random.standard_normal(width)
    if random.randint(3) == 0:
        scores = np.round(scores * 4) / 4  # many equal ones
    return torch.from_numpy(scores.astype(np.float32))


def new_options(random: np.random.RandomState) -> dict:
    draw = lambda without, value: without if random.randint(3) == 0 else value
    return dict(
        temperature=draw(1, round(random.uniform(0.3, 2), 2)),
        top_k=draw(0, int(random.randint(1, 80))),
        top_p=draw(1, round(random.uniform(0.05, 0.99), 3)),
        keep=draw(1, 2),  # beam search keeps two
    )


def make(folder: Path, options: Options) -> None:
    torch.set_num_threads(1)
    random = np.random.RandomState(options.seed)
    groups, tensors = [], {}
    for width in WIDTHS:
        cases = []
        for number in range(30 if options.quick else 120):
            scores, drawn = new_row(random, width), new_options(random)
            shares, exact = left_by(scores, drawn), left_by(scores.double(), drawn)
            name = f"{width} {number}"
            tensors |= {f"scores {name}": scores, f"shares {name}": shares.float()}
            cases.append(drawn | dict(name=name, doubtful=not torch.equal(shares.float() > 0, exact.float() > 0)))
        groups.append(dict(width=width, cases=cases))
    save_file(tensors, folder / "rows.safetensors")
    (folder / "groups.json").write_text(json.dumps(groups))
