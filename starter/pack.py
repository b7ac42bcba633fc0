"""Turns text into packed training rows.

A row holds several examples side by side, each with its own segment number, so that (almost) no position is
padding. Two sets are written: span corruption on running text, and instruction rows."""

import random
from pathlib import Path

import numpy as np

from corpus import PassageMaker, instruction_files, is_held_out, pretraining_texts, prompt, read_rows, row_key
from lookup import lookup_texts
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

FIELDS = ("encoder_ids", "encoder_segments", "decoder_ids", "decoder_segments", "labels", "keys")
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
    """First-fit packing of (source, target, ...) tuples into rows; yields lists of tuples."""
    examples = sorted(examples, key=lambda e: -max(len(e[0]) / ENCODER_ROW, len(e[1]) / DECODER_ROW))
    open_rows = []  # [encoder room, decoder room, tuples]
    for example in examples:
        source, target = example[:2]
        for row in open_rows:
            if row[0] >= len(source) and row[1] >= len(target):
                break
        else:
            row = [ENCODER_ROW, DECODER_ROW, []]
            open_rows.append(row)
        row[0] -= len(source)
        row[1] -= len(target)
        row[2].append(example)
        if row[0] < 12 or row[1] < 3:
            open_rows = [r for r in open_rows if r is not row]
            yield row[2]
    yield from (row[2] for row in open_rows)


def write_rows(rows, path):
    """Writes packed rows as one compressed array file; prints how full they are.

    An example is (source, target) or (source, target, {place in the source: 1 or 2}), see lookup_examples."""
    arrays = [np.zeros((len(rows), n), np.uint16) for n in (ENCODER_ROW, ENCODER_ROW, *[DECODER_ROW] * 3, ENCODER_ROW)]
    encoder_ids, encoder_segments, decoder_ids, decoder_segments, labels, keys = arrays
    for i, row in enumerate(rows):
        e = d = 0
        for number, (source, target, *places) in enumerate(row, 1):
            for place, kind in places[0].items() if places else ():
                keys[i, e + place] = kind
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


def lookup_examples(tokenizer, data, count, rng):
    """Practice in looking things up: token pairs with the places of the words that say what is asked for, 1 in the question
    and 2 in the text."""
    texts = list(pretraining_texts(data))
    rng.shuffle(texts)
    found = lookup_texts(texts, count, rng)
    sources = tokenizer.encode_batch([prompt for prompt, _, _ in found])
    targets = tokenizer.encode_batch([answer for _, answer, _ in found])
    examples = []
    for (_, _, spans), source, target in zip(found, sources, targets):
        places = {}
        for kind, first, last in spans:
            places |= {i: kind for i, (start, end) in enumerate(source.offsets) if start < last and end > max(first, start)}
        if usable(source.ids, target.ids):
            examples.append((source.ids, target.ids, places))
    return examples


def build(tokenizer, data, work, pretraining=70_000, instructions=220_000, copying=120_000, lookup=120_000, seed=1):
    """Writes `pretrain.npz`, `instruct.npz`, `copying.npz` and `lookup.npz` into the work folder unless they are there."""
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
    if not (work / "lookup.npz").exists():
        rng = random.Random(seed + 3)
        write_rows(pack(lookup_examples(tokenizer, data, lookup, rng), rng), work / "lookup.npz")


def load(path):
    """The arrays of a packed file."""
    with np.load(path) as file:
        return [file[name] for name in FIELDS]


def answer_marks(encoder_ids, encoder_segments, decoder_segments, labels):
    """Where the answer of an example stands in its own input: [rows, ENCODER_ROW], 2 on the tokens of the answer, 1 on the
    other tokens of that example; 0 for examples whose answer stands there more or less often than once."""
    marks = np.zeros(encoder_ids.shape, np.uint8)
    for row in range(len(marks)):
        for number in range(1, int(encoder_segments[row].max()) + 1):
            source = np.flatnonzero(encoder_segments[row] == number)
            answer = labels[row][decoder_segments[row] == number][:-1]  # without the end
            text, wanted = encoder_ids[row, source].astype(">u2").tobytes(), answer.astype(">u2").tobytes()
            at, found = text.find(wanted), []
            while at >= 0 and wanted:
                if at % 2 == 0:
                    found.append(at // 2)
                at = text.find(wanted, at + 1)
            if len(found) == 1:
                marks[row, source] = 1
                marks[row, source[found[0] : found[0] + len(answer)]] = 2
    return marks


if __name__ == "__main__":
    import argparse

    from settings import DATA
    from vocabulary import build as build_vocabulary

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--work", default="/tmp/graft-starter")
    options = parser.parse_args()
    build(build_vocabulary(options.data, options.work), options.data, options.work)
