"""Reads the data folder: training text, instruction rows, and the held-out part of both."""

import json
import lzma
import random
import re
import zlib
from pathlib import Path

from settings import FILE_WEIGHTS, HELD_OUT, PASSAGE_LAYOUT

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


QUESTION_FIRST = re.compile(r"(?:question|q): *(?P<question>[^\n]*?\?)\s+(?:context|text|passage|paragraph): *(?P<text>.+)", re.I | re.S)
QUESTION_LAST = re.compile(r"(?:(?:context|text|passage|paragraph): *)?(?P<text>.+?)\s*\n+(?:(?:question|q): *)?(?P<question>[^\n]+\?)", re.I | re.S)


def question_and_text(row):
    """Question and passage of a row that asks about a text and finds its answer there, or None."""
    if not row["task"].startswith("answer ") or row["target"] == "not mentioned":
        return None
    match = QUESTION_FIRST.fullmatch(row["input"].strip()) or QUESTION_LAST.fullmatch(row["input"].strip())
    return match and (match["question"].strip(), match["text"].strip())


def passages_prompt(question, passages):
    """The prompt of the studio's RAG arms (src/rag/contextPrompt.ts)."""
    lines = "\n".join(f"[{i}] {' '.join(passage.split())}" for i, passage in enumerate(passages, 1))
    return f"Use the passages to answer.\n\nPassages:\n{lines}\n\n{question}"


class PassageMaker:
    """Lays out questions about a text as the studio's RAG arms do, with passages of earlier rows around the right one."""

    def __init__(self, rng):
        self.rng, self.seen = rng, []

    def prompt(self, row):
        """The prompt with passages, or None for rows that do not ask about a text."""
        found = question_and_text(row)
        if not found or len(found[1]) > 1000:
            return None
        question, text = found
        others = self.rng.sample(self.seen, min(len(self.seen), self.rng.choice((0, 0, 1, 1, 2, 3))))
        self.seen = [*self.seen[-200:], text[:500]]
        room = 1300 - len(text)  # characters; a row of the encoder holds about 1,500
        passages = [text]
        for other in others:
            if len(other) < room and other[:60] != text[:60]:
                passages.append(other)
                room -= len(other)
        self.rng.shuffle(passages)
        return passages_prompt(question, passages)


def prompt(row, rng=None, passages=None):
    """The text the encoder reads. With a random generator some rows get another layout; with a PassageMaker some of
    those that ask about a text get the layout of the studio's RAG prompt."""
    instruction, body = row["instruction"].strip(), row["input"].strip()
    if not body:
        return instruction
    if passages and rng.random() < PASSAGE_LAYOUT:
        laid_out = passages.prompt(row)
        if laid_out:
            return laid_out
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
