"""Pairs of a reference and an output for the text metrics: ordinary ones, and many that are odd in some way."""

import random
import string

WORDS = """
the a an and of to in it is was for on with as by at from that this he she they we you I not but or if so
Tom Anna Person1 Person2 boxes moving Saturday morning exam results calm library opens nine closes six weekdays bread pears
engineers designing lighter batteries charging minutes committee decided postpone meeting Thursday rainfall flooded streets
running jumps happily children playground recommends restaurant corner colleague company reported lower profits increasing costs
U.S.A. e.g. 3.14 1,000 50% $12.99 7:45 p.m. it's don't O'Neill state-of-the-art 2019-03-12 x86 A/B C++ foo_bar (or) [sic] "quoted"
café naïve Straße İstanbul ΑΣ ας K ½ ⅷ ٣ 你好 世界 日本語 한국어 שלום مرحبا Привет 😀 👩‍👩‍👧 🇩🇪 ❤️ é ﬁne Ａ “low” …
&amp; &lt;b&gt; &quot;x&quot; <skipped> end- -start a-b 5-6 -7 . , .. ... !? ; ' " `` '' — –
""".split()

SPACES = [" "] * 24 + ["  ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", "\x1c", "\x85", " \n ", "-\n"]

RANGES = [(0x20, 0x7E), (0x00, 0x1F), (0x7F, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F),
          (0x2000, 0x206F), (0x2150, 0x218F), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xFE00, 0xFEFF), (0x1F300, 0x1FAFF)]

FIXED = [
    ("", ""), ("", "a"), ("a", ""), (" ", "\n"), ("...", "!!!"), ("a", "a"), ("the", "The"), ("a an the", "the"), ("\n", "\n\n"),
    ("one", "one"), ("one two", "one two"), ("one two three", "one two three"), ("one two three four", "one two three four"),
    ("word " * 300, "word " * 150), ("a", "a a a a a"), ("a b a b", "b a b a b a"), ("x" * 500, "x" * 499),
    ("1", "1.0"), ("1,000.50", "1000.50"), ("3.14.15", "3 . 14 . 15"), ("12-34", "12 - 34"), ("-", "--"), ("a-\n", "a-"), ("a-\nb", "ab"),
    ("&amp;lt;", "<"), ("&amp;quot;", '"'), ("<skipped>", ""), ("<skip<skipped>ped>", "x"), (string.punctuation, string.punctuation[::-1]),
    ("(hi)", "( hi )"), ("!", "!"), ("!!", "!"), ("😀", "😀"), ("😀.", "😀 ."), ("👩‍👩‍👧", "👩"), ("日本語", "日本語"), ("日 本", "日本"),
    ("e\u0301", "é"), ("\u0301", "\u0301"), ("ΑΣ ΑΣ", "ας ας"), ("İ", "i"), ("\ufeffx", "x"), ("x\u00a0y", "x y"), ("x\x1cy", "x y"),
    ("a\nb\nc", "c\nb\na"), ("a\n\nb", "a b"), ("a\r\nb", "a b"), ("U.S.A.", "USA"), ("the-end", "end"), ("and a", "and"), ("“a”", "a"),
    ("first line.\nsecond line.", "second line.\nfirst line."), ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"), ("dying lies", "die lie"),
]


def random_text(rng: random.Random) -> str:
    """Any assigned or unassigned characters of many scripts, a few of them spaces."""
    low, high = rng.choice(RANGES)
    characters = []
    for _ in range(rng.randint(0, 30)):
        if rng.random() < 0.3:
            low, high = rng.choice(RANGES)
        characters.append(" " if rng.random() < 0.15 else chr(rng.randint(low, high)))
    return "".join(characters)


def join(rng: random.Random, words: list[str]) -> str:
    return "".join(word + rng.choice(SPACES) for word in words) + rng.choice(["", "", ".", "\n", "!"])


def changed(rng: random.Random, words: list[str]) -> list[str]:
    """The words with some dropped, repeated, replaced, moved or written otherwise."""
    if rng.random() < 0.2:
        words = rng.sample(words, len(words))
    result = []
    for word in words:
        draw = rng.random()
        if draw < 0.12:
            continue
        if draw < 0.2:
            result.append(rng.choice(WORDS))
        elif draw < 0.26:
            result += [word, word]
        elif draw < 0.34:
            result.append(rng.choice([word.upper(), word.lower(), word.capitalize(), word + "s", word + "ing", word + ".", "(" + word + ")"]))
        else:
            result.append(word)
    return result


def text_pairs(count: int, seed: int) -> list[tuple[str, str]]:
    """`count` pairs (reference, output): the fixed ones first, then a mixture that the seed decides."""
    rng = random.Random(seed)
    pairs = FIXED[:count]
    while len(pairs) < count:
        if rng.random() < 0.2:
            reference = random_text(rng)
            output = rng.choice([random_text(rng), reference[: rng.randint(0, len(reference))], reference.upper(), reference + "."])
            pairs.append((reference, output))
            continue
        words = [rng.choice(WORDS) for _ in range(rng.choice([1, 1, 2, 3, 5, 8, 12, 20, 40]))]
        output_words = changed(rng, words) if rng.random() < 0.9 else [rng.choice(WORDS) for _ in words]
        pairs.append((join(rng, words), join(rng, output_words)))
    return pairs
