"""Turns text into packed training rows.

A row holds several examples side by side, each with its own segment number, so that (almost) no position is
padding. Two sets are written: span corruption on running text, and instruction rows."""

import random
from pathlib import Path

import numpy as np

from corpus import PassageMaker, instruction_files, is_held_out, pretraining_texts, prompt, read_rows, row_key
from settings import (
    DECODER_ROW,
    ENCODER_ROW,
    EOS,
    FILE_WEIGHTS,
    MEAN_SPAN,
    NOISE_DENSITY,
    PAD,
    TASK_FACTORS,
    VOCAB,
)

FIELDS = ("encoder_ids", "encoder_segments", "decoder_ids", "decoder_segments", "labels")
SEGMENT_LENGTHS = (408, 408, 204, 136)  # tokens of running text that make one span-corruption example


def corrupt(ids, rng):
    """Span corruption as in T5: spans are replaced by sentinels, the target lists them. Returns both sides."""
    noise = max(1, round(len(ids) * NOISE_DENSITY))
    spans = max(1, min(round(noise / MEAN_SPAN), 99))
    lengths = np.diff([0, *sorted(rng.sample(range(1, noise), spans - 1)), noise])
    gaps_total = len(ids) - noise
    gaps = np.diff([0, *sorted(rng.choices(range(gaps_total + 1), k=spans)), gaps_total])
    source, target, at = [], [], 0
    sentinel = VOCAB - 1
    for gap, length in zip(gaps, lengths):
        source += ids[at : at + gap] + [sentinel]
        at += gap
        target += [sentinel] + ids[at : at + length]
        at += length
        sentinel -= 1
    source += ids[at:]
    return source + [EOS], target + [sentinel, EOS]


def fill_rows(examples):
    """First-fit packing of (source, target) pairs into rows; yields lists of pairs."""
    examples = sorted(examples, key=lambda e: -max(len(e[0]) / ENCODER_ROW, len(e[1]) / DECODER_ROW))
    open_rows = []  # [encoder room, decoder room, pairs]
    for source, target in examples:
        for row in open_rows:
            if row[0] >= len(source) and row[1] >= len(target):
                break
        else:
            row = [ENCODER_ROW, DECODER_ROW, []]
            open_rows.append(row)
        row[0] -= len(source)
        row[1] -= len(target)
        row[2].append((source, target))
        if row[0] < 12 or row[1] < 3:
            open_rows = [r for r in open_rows if r is not row]
            yield row[2]
    yield from (row[2] for row in open_rows)


def write_rows(rows, path):
    """Writes packed rows as one compressed array file; prints how full they are."""
    arrays = [np.zeros((len(rows), n), np.uint16) for n in (ENCODER_ROW, ENCODER_ROW, *[DECODER_ROW] * 3)]
    encoder_ids, encoder_segments, decoder_ids, decoder_segments, labels = arrays
    for i, row in enumerate(rows):
        e = d = 0
        for number, (source, target) in enumerate(row, 1):
            encoder_ids[i, e : e + len(source)] = source
            encoder_segments[i, e : e + len(source)] = number
            e += len(source)
            decoder_ids[i, d : d + len(target)] = [PAD, *target[:-1]]
            decoder_segments[i, d : d + len(target)] = number
            labels[i, d : d + len(target)] = target
            d += len(target)
    np.savez(path, **dict(zip(FIELDS, arrays)))
    examples = sum(len(r) for r in rows)
    print(
        f"{Path(path).name}: {len(rows)} rows, {examples} examples, encoder {np.mean(encoder_segments > 0):.1%} "
        f"and decoder {np.mean(decoder_segments > 0):.1%} full",
        flush=True,
    )


def pack(examples, rng, chunk=3000):
    """Packs examples chunk by chunk and shuffles the rows."""
    rows = []
    for start in range(0, len(examples), chunk):
        rows += fill_rows(examples[start : start + chunk])
    rng.shuffle(rows)
    return rows


def pretraining_examples(tokenizer, data, count, rng, held_out=False):
    """Span-corruption examples from shuffled documents."""
    texts = list(pretraining_texts(data, held_out))
    rng.shuffle(texts)
    examples = []
    for start in range(0, len(texts), 64):
        if len(examples) >= count:
            break
        for encoding in tokenizer.encode_batch(texts[start : start + 64], add_special_tokens=False):
            ids, at = encoding.ids, 0
            while at + 60 < len(ids) and at < 4200:  # spread over many documents
                length = rng.choice(SEGMENT_LENGTHS)
                examples.append(corrupt(ids[at : at + length], rng))
                at += length
    rng.shuffle(examples)
    return examples[:count]


def usable(source, target):
    """True if the example fits a row on both sides."""
    return len(source) <= ENCODER_ROW and 1 < len(target) <= DECODER_ROW


def instruction_rows(data, count, rng):
    """Draws about `count` training rows according to the file weights and task factors."""
    total = sum(FILE_WEIGHTS.values())
    for name, path in instruction_files(data).items():
        wanted = round(count * FILE_WEIGHTS[name] / total)
        rows = [r for r in read_rows(path) if not is_held_out(row_key(r))]
        rows = [r for r in rows if len(r["input"]) < 1700 and len(r["target"]) < 420]
        weights = np.array([TASK_FACTORS.get(r["task"], 1.0) for r in rows])
        weights = wanted * weights / weights.sum()
        for row, expected in zip(rows, weights):
            repeats = int(expected) + (rng.random() < expected - int(expected))
            for _ in range(min(repeats, 4)):
                yield row


def instruction_examples(tokenizer, data, count, rng):
    """Instruction rows as token pairs, shuffled."""
    rows = list(instruction_rows(data, count, rng))
    rng.shuffle(rows)
    passages = PassageMaker(rng)
    sources = tokenizer.encode_batch([prompt(r, rng, passages) for r in rows])
    targets = tokenizer.encode_batch([r["target"] for r in rows])
    pairs = [(s.ids, t.ids) for s, t in zip(sources, targets)]
    return [p for p in pairs if usable(*p)]


def copying_examples(tokenizer, data, count, rng):
    """Practice in copying from running text: repeat a passage, or find some words in it and go on from there.

    Most passages are very short. That is where the order of words is learned first; longer ones follow by themselves."""
    texts = list(pretraining_texts(data))
    rng.shuffle(texts)
    repeat = [tokenizer.encode(t, add_special_tokens=False).ids for t in ("Copy the text.", "Repeat:", "copy:")]
    follow = tokenizer.encode("Continue from the text:", add_special_tokens=False).ids
    examples = []
    for start in range(0, len(texts), 64):
        if len(examples) >= count:
            break
        for encoding in tokenizer.encode_batch([t[:3000] for t in texts[start : start + 64]], add_special_tokens=False):
            ids, at = encoding.ids, 0
            while at + 100 < len(ids):
                passage = ids[at : at + rng.choice((rng.randint(3, 9), rng.randint(3, 14), rng.randint(10, 30), rng.randint(32, 90)))]
                at += len(passage)
                if len(passage) < 32:
                    if rng.random() < 0.5:
                        rng.shuffle(passage)  # no help from grammar
                    examples.append((rng.choice(repeat) + passage + [EOS], passage + [EOS]))
                else:
                    cue = rng.randrange(len(passage) - 20)
                    target = passage[cue + 3 : cue + 3 + rng.randint(6, 16)]
                    examples.append((passage + follow + passage[cue : cue + 3] + [EOS], target + [EOS]))
    rng.shuffle(examples)
    return examples[:count]


def build(tokenizer, data, work, pretraining=70_000, instructions=220_000, copying=120_000, seed=1):
    """Writes `pretrain.npz`, `instruct.npz` and `copying.npz` into the work folder unless they are there."""
    work = Path(work)
    if not (work / "instruct.npz").exists():
        rng = random.Random(seed)
        write_rows(pack(instruction_examples(tokenizer, data, instructions, rng), rng), work / "instruct.npz")
    if not (work / "pretrain.npz").exists():
        rng = random.Random(seed + 1)
        write_rows(pack(pretraining_examples(tokenizer, data, pretraining, rng), rng), work / "pretrain.npz")
    if not (work / "copying.npz").exists():
        rng = random.Random(seed + 2)
        write_rows(pack(copying_examples(tokenizer, data, copying, rng), rng), work / "copying.npz")


def load(path):
    """The five arrays of a packed file."""
    with np.load(path) as file:
        return [file[name] for name in FIELDS]


if __name__ == "__main__":
    import argparse

    from settings import DATA
    from vocabulary import build as build_vocabulary

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--work", default="/tmp/graft-starter")
    options = parser.parse_args()
    build(build_vocabulary(options.data, options.work), options.data, options.work)
