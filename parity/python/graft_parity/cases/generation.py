"""Ids of transformers' `generate` for many prompts in every mode of decoding, and which of them hang on rounding.

The starter model answers texts of the samples in the main modes; models of odd shapes with random weights answer random
prompts in all. Answers are those of float64. Where float32 gives transformers itself another answer, two candidates lie
closer together than float32 tells apart: such rows are counted and named, and not compared.
"""

import csv
import json
from pathlib import Path

import numpy as np
import torch
import transformers

from graft_parity.options import Options
from graft_parity.t5_models import EOS, PAD, empty_model, load_starter, randomise, save_model, tiny_shape, use_float64

BATCH = 40


def modes(random: np.random.RandomState, quick: bool) -> list[dict]:
    """Every option by itself and together with others, with numbers that the seed decides."""
    penalty, length = round(random.uniform(1.1, 1.9), 2), round(random.uniform(0.2, 2.5), 2)
    beams, least = int(random.randint(2, 7)), int(random.randint(3, 12))
    size = int(random.randint(1, 4))
    few = [
        dict(),
        dict(repetition_penalty=penalty, no_repeat_ngram_size=size, min_new_tokens=least),
        dict(num_beams=4),
        dict(num_beams=beams, length_penalty=length, early_stopping=True, no_repeat_ngram_size=size + 1),
    ]
    more = [
        dict(repetition_penalty=penalty),
        dict(no_repeat_ngram_size=size),
        dict(min_length=least),
        dict(num_beams=beams, length_penalty=length, early_stopping="never"),
        dict(num_beams=4, length_penalty=-length),
        dict(num_beams=beams, early_stopping=True),
        dict(num_beams=3, repetition_penalty=penalty, min_new_tokens=least),
    ]
    return few if quick else few + more


def answers(model, prompts: list[list[int]], options: dict) -> list[list[int]]:
    """Ids per prompt without the start token, up to and without </s>."""
    config, rows = model.config, []
    for start in range(0, len(prompts), BATCH):
        batch = prompts[start : start + BATCH]
        longest = max(map(len, batch))
        ids = torch.tensor([prompt + [PAD] * (longest - len(prompt)) for prompt in batch])
        # transformers sizes the decoder's cache by num_layers, so it must not be used where num_decoder_layers differs.
        cached = config.num_layers == config.num_decoder_layers
        mask = (torch.arange(longest) < torch.tensor([[len(prompt)] for prompt in batch])).long()
        found = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, use_cache=cached, **options)
        rows += [row[: row.index(EOS)] if EOS in row else row for row in found[:, 1:].tolist()]
    return rows


def sample_prompts(random: np.random.RandomState, count: int, options: Options, model_folder: Path) -> list[list[int]]:
    """Texts of the samples, cut to lengths from 1 to 96 tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    texts = []
    for path in sorted((options.repository / "public/samples").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [" ".join(row.values()) for row in csv.DictReader(file)]
    chosen = [texts[place] for place in random.choice(len(texts), count, replace=len(texts) < count)]
    return [[*tokenizer.encode(text, add_special_tokens=False).ids[: random.randint(0, 96)], EOS] for text in chosen]


def random_prompts(random: np.random.RandomState, count: int, vocabulary: int) -> list[list[int]]:
    return [[*random.randint(3, vocabulary, random.randint(0, 30)).tolist(), EOS] for _ in range(count)]


def golden(model, prompts: list[list[int]], options: dict) -> dict:
    exact = answers(model.double(), prompts, options)
    rounded = answers(model.float(), prompts, options)
    doubtful = [row for row, answer in enumerate(exact) if answer != rounded[row]]
    return dict(options=options, ids=exact, doubtful=doubtful)


def make(folder: Path, options: Options) -> None:
    use_float64()
    transformers.logging.set_verbosity_error()
    random = np.random.RandomState(options.seed)
    least, spare = (16, 8) if options.quick else (200, 20)
    count = least + spare  # answers that hang on rounding are left out
    starter, shape, starter_folder = load_starter(options)
    models = {"starter": (starter, shape, sample_prompts(random, count, options, starter_folder), 24)}
    for i in range(2):
        shape = tiny_shape(random) | dict(vocab_size=int(random.randint(30, 80)))  # few tokens, so that answers end
        model = empty_model(shape)
        randomise(model, random, torch.float32)
        models[f"odd shape {i + 1}"] = (model, shape, random_prompts(random, count, shape["vocab_size"]), 24)
    groups = []
    for name, (model, shape, prompts, longest) in models.items():
        save_model(folder / name, model, shape, torch.float32)
        chosen = modes(random, options.quick or name == "starter")
        cases = [golden(model, prompts, dict(max_new_tokens=longest) | mode) for mode in chosen]
        groups.append(dict(model=name, prompts=prompts, least=least, cases=cases))
    (folder / "groups.json").write_text(json.dumps(groups))
