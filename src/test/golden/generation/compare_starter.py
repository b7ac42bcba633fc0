"""Our ids against transformers' `generate` on a real model: many prompts in every mode of decoding.

Command:   python src/test/golden/generation/compare_starter.py [--prompts 200] [--backend wasm] [--model public/models/starter]
Versions:  torch 2.15.0, transformers 5.23.0, tokenizers 0.23.3 (all from PyPI); Node and `npm install` done

Run in the repository's root. Prompts are texts of the samples, cut to lengths from 1 to 96 tokens. Prints per mode how many
answers are the same. An answer that differs counts as failed, unless transformers itself gives another one in float64: then
two candidates lie closer together than float32 tells apart, and that is reported as such.
"""

import argparse
import csv
import json
import random
import subprocess
import tempfile
from pathlib import Path

import torch
import transformers
from reference import generate
from tokenizers import Tokenizer

EOS = 1
MODES = [
    dict(),
    dict(repetition_penalty=1.3),
    dict(no_repeat_ngram_size=2),
    dict(min_new_tokens=12),
    dict(num_beams=4),
    dict(num_beams=4, length_penalty=2.0, early_stopping=True),
    dict(num_beams=4, length_penalty=-1.0, early_stopping="never"),
    dict(num_beams=4, no_repeat_ngram_size=3, min_length=8),
    dict(num_beams=3, repetition_penalty=1.2),
]


def sample_texts():
    for path in sorted(Path("public/samples").glob("*.csv")):
        with path.open(newline="", encoding="utf8") as file:
            for row in csv.DictReader(file):
                yield " ".join(row.values())


def new_prompts(count, model_folder):
    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    rng = random.Random(17)
    texts = rng.sample(list(sample_texts()), count)
    return [[*tokenizer.encode(text, add_special_tokens=False).ids[: rng.randint(0, 95)], EOS] for text in texts]


def ours(request):
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("request.json", "answers.json")]
        paths[0].write_text(json.dumps(request))
        subprocess.run(["node", "src/test/golden/generation/dumpIds.mjs", *paths], check=True)
        return json.loads(paths[1].read_text())


def in_batches(model, prompts, options, size=8):
    starts = range(0, len(prompts), size)
    return [row for start in starts for row in generate(model, prompts[start : start + size], options)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--backend", default="wasm", choices=["cpu", "wasm", "webgpu"])
    parser.add_argument("--model", type=Path, default=Path("public/models/starter"))
    parser.add_argument("--modes", type=int, nargs="*", default=range(len(MODES)))
    arguments = parser.parse_args()
    prompts = new_prompts(arguments.prompts, arguments.model)
    options = [dict(max_new_tokens=arguments.tokens) | MODES[mode] for mode in arguments.modes]
    request = dict(modelFolder=str(arguments.model), backend=arguments.backend, prompts=prompts, options=options)
    model = transformers.T5ForConditionalGeneration.from_pretrained(arguments.model, attn_implementation="eager")
    model.float().eval()
    failed = 0
    for mode, found in zip(options, ours(request)):
        wanted = in_batches(model, prompts, mode)
        rows = [row for row, answer in enumerate(found) if answer != wanted[row]]
        exact = in_batches(model.double(), [prompts[row] for row in rows], mode) if rows else []
        model.float()
        doubtful = [row for row, answer in zip(rows, exact) if answer != wanted[row]]
        failed += len(rows) - len(doubtful)
        different = len({json.dumps(answer) for answer in wanted})
        print(f"{len(prompts) - len(rows)} of {len(prompts)} the same ({different} different answers)", mode, flush=True)
        for row in rows:
            kind = "hangs on rounding" if row in doubtful else "FAILED"
            print(f"  prompt {row} {kind}:\n    transformers {wanted[row]}\n    ours         {found[row]}")
    print(f"{failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    main()
