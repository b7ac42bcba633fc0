"""Reads the data folder: training text, instruction rows, and the held-out part of both."""

import json
import lzma
import random
import zlib
from pathlib import Path

from settings import FILE_WEIGHTS, HELD_OUT

# Endings that people put after the input. A part of the rows gets one, so that the model does not depend on
# one way of writing a prompt.
ENDINGS = {
    "dialogue summary": ["Summary:", "Summary: "],
    "one-sentence summary": ["Summary:"],
    "answer from text": ["Answer:"],
    "answer from text or not mentioned": ["Answer:"],
    "answer or not mentioned": ["Answer:"],
    "sentiment": ["Label:", "Sentiment:"],
    "basic emotion": ["Label:"],
    "name the emotion": ["Label:"],
    "intent of a request": ["Intent:"],
    "title from text": ["Title:"],
    "keywords": ["Keywords:"],
}


def read_rows(path):
    """Yields the rows of one `.jsonl.xz` file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def is_held_out(text):
    """True for about one text in HELD_OUT, decided by the text alone."""
    return zlib.crc32(text.encode("utf-8")) % HELD_OUT == 0


def row_key(row):
    """What decides on which side of the split a row falls: its longest line, so that all questions on one
    passage stay together."""
    return max((row["input"] or row["instruction"]).split("\n"), key=len)


def instruction_files(data):
    """Name (without ending) and path of every instruction file."""
    return {path.name.split(".")[0]: path for path in sorted(Path(data).glob("instruct/*.jsonl.xz"))}


def prompt(row, rng=None):
    """The text the encoder reads. With a random generator some rows get another layout."""
    instruction, body = row["instruction"].strip(), row["input"].strip()
    if not body:
        return instruction
    choice = rng.random() if rng else 0.0
    if choice > 0.9:
        return body + "\n\n" + instruction
    if choice > 0.75 and row["task"] in ENDINGS:
        return instruction + "\n\n" + body + "\n\n" + rng.choice(ENDINGS[row["task"]])
    return instruction + "\n" + body


def pretraining_texts(data, held_out=False):
    """Yields whole documents of Wikipedia and of the books."""
    for name in ("wikipedia", "books"):
        for row in read_rows(Path(data) / "pretrain" / f"{name}.jsonl.xz"):
            if is_held_out(row["title"] + row["text"][:100]) == held_out:
                yield row["text"]


def vocabulary_lines(data, characters=70_000_000, seed=1):
    """Lines for training the vocabulary: two thirds running text, one third instruction rows."""
    rng = random.Random(seed)
    budget = characters * 2 // 3
    documents = [t for t in pretraining_texts(data)]
    rng.shuffle(documents)
    for text in documents:
        for line in text.split("\n"):
            if len(line) > 20:
                yield line[:2000]
        budget -= len(text)
        if budget < 0:
            break
    total = sum(FILE_WEIGHTS.values())
    for name, path in instruction_files(data).items():
        budget = characters // 3 * FILE_WEIGHTS[name] / total
        rows = [r for r in read_rows(path) if not is_held_out(row_key(r))]
        rng.shuffle(rows)
        for row in rows:
            for line in (row["instruction"] + "\n" + row["input"] + "\n" + row["target"]).split("\n"):
                if line.strip():
                    yield line[:2000]
                budget -= len(line)
            if budget < 0:
                break
