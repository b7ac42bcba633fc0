"""Golden rows of transformers' logits processors: scores before and after, and what is drawn from.

Command:   python src/test/golden/generation/make_processors.py
Versions:  torch 2.15.0, transformers 5.23.0, numpy 2.4.6 (all from PyPI)

Writes processors.json: `processed`, rows of scores changed by the repetition penalty, repeated n-grams and least length;
`drawn`, the probabilities left by temperature, top-k and top-p. Among the rows are equal scores at the k-th place, a
nucleus that ends exactly on top-p, very large and very small scores.
"""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers.generation import logits_process as lp

HERE = Path(__file__).resolve().parent
START, EOS, VOCAB = 0, 1, 12

HISTORIES = [
    [START],
    [START, 5],
    [START, 5, 7, 5],
    [START, 5, 7, 5, 7, 5],
    [START, 3, 3, 3],
    [START, 4, 8, 9, 4, 8, 2, 4, 8],
    [START, 0, 0],
]
PROCESSING = [
    dict(repetition_penalty=1.3),
    dict(repetition_penalty=0.7),
    dict(no_repeat_ngram_size=1),
    dict(no_repeat_ngram_size=2),
    dict(no_repeat_ngram_size=3),
    dict(min_new_tokens=3),
    dict(min_length=4),
    dict(repetition_penalty=1.8, no_repeat_ngram_size=2, min_new_tokens=5),
]
ROWS = {
    "plain": [0.5, 2.25, -1.0, 0.75, 1.5, -3.0, 0.0, 1.0, -0.5, 0.25, 1.25, -2.0],
    "ties": [1.0, 2.0, 2.0, 1.0, 1.0, 3.0, 1.0, 0.0, 2.0, 1.0, 0.0, 1.0],
    "equal": [0.0, 0.0, 0.0, 0.0, -200.0, -200.0, -200.0, -200.0, -200.0, -200.0, -200.0, -200.0],
    "all equal": [4.0] * 12,
    "large": [80.0, 79.5, 20.0, 81.0, -90.0, 60.0, 75.0, 80.5, 0.0, 78.0, 33.0, 79.0],
    "sharp": [0.0, 30.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 12.0],
    "banned": [1.0, -math.inf, 0.5, 0.0, -math.inf, 2.0, 1.0, 0.0, -math.inf, 0.25, 0.5, 1.5],
}
DRAWING = [
    dict(temperature=t, top_k=k, top_p=p)
    for t, k, p in itertools.product([1.0, 0.4, 1.7], [0, 1, 3, 5, 40], [1.0, 0.95, 0.75, 0.5, 0.0])
]


def processed(scores, history, options):
    """The processors of `_get_logits_processor`, in its order."""
    chain = transformers.LogitsProcessorList()
    if "repetition_penalty" in options:
        chain.append(lp.RepetitionPenaltyLogitsProcessor(options["repetition_penalty"]))
    if "no_repeat_ngram_size" in options:
        chain.append(lp.NoRepeatNGramLogitsProcessor(options["no_repeat_ngram_size"]))
    if "min_new_tokens" in options:
        chain.append(lp.MinLengthLogitsProcessor(options["min_new_tokens"] + 1, EOS))
        chain.append(lp.MinNewTokensLengthLogitsProcessor(1, options["min_new_tokens"], EOS))
    elif "min_length" in options:
        chain.append(lp.MinLengthLogitsProcessor(options["min_length"], EOS))
    return chain(torch.tensor([history]), torch.tensor([scores]))[0]


def drawn(scores, options, min_tokens_to_keep):
    """The probabilities of every token."""
    chain = transformers.LogitsProcessorList()
    if options["temperature"] != 1.0:
        chain.append(lp.TemperatureLogitsWarper(options["temperature"]))
    if options["top_k"] != 0:
        chain.append(lp.TopKLogitsWarper(options["top_k"], min_tokens_to_keep=min_tokens_to_keep))
    if options["top_p"] < 1.0:
        chain.append(lp.TopPLogitsWarper(options["top_p"], min_tokens_to_keep=min_tokens_to_keep))
    return chain(torch.tensor([[START]]), torch.tensor([scores])).softmax(dim=-1)[0]


def as_json(values):
    """Numbers of a row; null for -inf, which JSON lacks."""
    return [None if value == -math.inf else value for value in values]


def new_rows():
    random = np.random.RandomState(5)
    wide = (3 * random.standard_normal(300)).astype(np.float32)
    return ROWS | {"wide": [float(value) for value in wide]}


def write_golden():
    rows = new_rows()
    changed = [
        dict(history=history, options=options, scores=as_json(processed(rows["plain"], history, options).tolist()))
        for history, options in itertools.product(HISTORIES, PROCESSING)
    ]
    cases = []
    for row, options, keep in itertools.product(rows, DRAWING, [1, 2]):
        if keep > 1 and options["temperature"] != 1.0:
            continue
        probabilities = drawn(rows[row], options, keep)
        ids = torch.nonzero(probabilities).flatten().tolist()
        shares = [float(f"{share:.8g}") for share in probabilities[ids].tolist()]
        whole = len(ids) == len(rows[row])
        cases.append(dict(row=row, options=options, keep=keep, ids=None if whole else ids, shares=shares))
    # Of the long row, only the cases that keep few tokens: the others would make a large file.
    cases = [case for case in cases if len(case["shares"]) <= 60]
    versions = {m.__name__: m.__version__ for m in (torch, transformers, np)}
    golden = dict(versions=versions, rows={k: as_json(v) for k, v in rows.items()}, processed=changed, drawn=cases)
    (HERE / "processors.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(len(changed), "processed rows,", len(cases), "drawn from")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_golden()
