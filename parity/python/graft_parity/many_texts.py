"""Lines of every kind for the tokenizers: real ones where they are, odd ones that the seed decides."""

import csv
import json
import lzma
import random
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from graft_parity.options import Options

ZWJ, SELECTOR = "\u200d", "\ufe0f"
PEOPLE = "👩👨🧑👧👦🧔👮🕵💂👷🤴👸👳🦸🧙🧛"
SKINS = ["", "", *(chr(code) for code in range(0x1F3FB, 0x1F400))]
LETTERS = {
    "cjk": [(0x4E00, 0x9FFF), (0x3040, 0x30FF), (0xAC00, 0xD7A3), (0xFF00, 0xFFEF), (0x3000, 0x303F), (0x20000, 0x2A6DF)],
    "right to left": [(0x05D0, 0x05EA), (0x0591, 0x05C7), (0x0620, 0x064A), (0x064B, 0x0652), (0x06A0, 0x06D3), (0x0710, 0x072F), (0xFB50, 0xFDFF)],
    "combining": [(0x61, 0x7A), (0x300, 0x36F), (0x1AB0, 0x1ABE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE20, 0xFE2F), (0x0900, 0x0963), (0x0E00, 0x0E4E)],
    "control": [(0x00, 0x1F), (0x7F, 0x9F), (0x2000, 0x200F), (0x2028, 0x202F), (0x2060, 0x206F), (0xFFF0, 0xFFFD), (0xE0001, 0xE007F), (0x61, 0x7A)],
    "anything": [(0x00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)],
}


def jsonl_fields(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for row in file:
            yield from (value for value in json.loads(row).values() if isinstance(value, str))


def csv_fields(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from row.values()


def lines_of(texts: Iterator[str], short: int = 1500) -> Iterator[str]:
    """Short texts whole, with their line breaks; the lines of longer ones."""
    for text in texts:
        yield from (part for part in ([text] if len(text) < short else text.split("\n")) if part)


def code_lines(repository: Path) -> Iterator[str]:
    for pattern in ("src/**/*.ts", "src/**/*.tsx", "**/*.py", "scripts/*.mjs", "src/**/*.css", "*.md"):
        for path in sorted(repository.glob(pattern)):
            if "node_modules" not in path.parts:
                yield from (line for line in path.read_text(encoding="utf-8").split("\n") if line)


def emoji_text(rng: random.Random) -> str:
    """Emoji of all kinds: families by zero-width joiners, skin colours, flags, keycaps, selectors, between words."""
    def one() -> str:
        kind = rng.randrange(6)
        if kind == 0:
            return ZWJ.join(rng.choice(PEOPLE) + rng.choice(SKINS) for _ in range(rng.randint(2, 4)))
        if kind == 1:
            return "".join(chr(rng.randint(0x1F1E6, 0x1F1FF)) for _ in range(rng.randint(1, 4)))
        if kind == 2:
            return rng.choice("0123456789#*") + SELECTOR + "\u20e3"
        if kind == 3:
            return chr(rng.randint(0x2600, 0x27BF)) + rng.choice(["", SELECTOR, "\ufe0e"])
        if kind == 4:
            return "🏴" + "".join(chr(0xE0000 + ord(c)) for c in rng.choice(["gbeng", "gbsct"])) + "\U000e007f"
        return chr(rng.randint(0x1F300, 0x1FAFF)) + rng.choice(SKINS)
    return "".join(one() + rng.choice(["", "", " ", "ok", "\n"]) for _ in range(rng.randint(1, 8)))


def script_text(rng: random.Random, ranges: list[tuple[int, int]]) -> str:
    characters = []
    for _ in range(rng.randint(1, 40)):
        low, high = rng.choice(ranges)
        characters.append(chr(rng.randint(low, high)))
        if rng.random() < 0.1:
            characters.append(rng.choice([" ", "  ", "\n", "a", "1", ".", "▁", "</s>"]))
    return "".join(characters)


def many_texts(count: int, options: Options) -> list[str]:
    """About `count` texts: the fixed ones, 10 % random Unicode, 15 % emoji and scripts, the rest prose, dialogues and code."""
    sys.path.insert(0, str(options.repository / "src/test/golden/tokenizer"))
    from cases import fixed_texts, random_texts

    rng = random.Random(options.seed)
    texts = fixed_texts() + random_texts(count // 20, options.seed)
    texts += [script_text(rng, LETTERS["anything"]) for _ in range(count // 20)]
    for name in ("cjk", "right to left", "combining", "control"):
        texts += [script_text(rng, LETTERS[name]) for _ in range(count // 33)]
    texts += [emoji_text(rng) for _ in range(count // 33)]
    sources = [code_lines(options.repository)]
    if options.data is not None:
        sources += [lines_of(csv_fields(path)) for path in sorted(options.data.glob("benchmarks/dialogsum/*.csv"))]
        sources += [lines_of(jsonl_fields(path)) for path in sorted(options.data.glob("pretrain/*.jsonl.xz"))]
        sources += [lines_of(jsonl_fields(path)) for path in sorted(options.data.glob("instruct/*.jsonl.xz"))]
    share = (count - len(texts)) // len(sources) + 1
    for source in sources:
        # Every seed begins somewhere else, so that other seeds see other texts.
        texts += islice(source, (options.seed * 997) % 3000, (options.seed * 997) % 3000 + share)
    words = " ".join(texts[:2000]).split()
    while len(texts) < count:
        texts.append(rng.choice([" ", "  ", "\n"]).join(rng.choices(words, k=rng.randint(1, 30))))
    return texts[:count]
