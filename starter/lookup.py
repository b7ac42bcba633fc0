"""Practice in looking things up: the question names what is asked for, the text holds it somewhere.

Reading comprehension needs a circuit that plain text teaches slowly: find the words of the question in the passage, then
hand on what belongs to them. These examples ask for little else. The first kind is made of random keys and values, so that
nothing but the text can tell the answer; the second asks about sentences of running text by some of their words and
by the kind of thing that is missing (as salient spans do in REALM, arXiv:2002.08909). Most are short: many questions fit a row,
and what is learned on short texts holds on longer ones."""

import re

WORD = re.compile(r"\b[a-z]{3,12}\b")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-zà-ü]+(?: [A-Z][a-zà-ü]+){0,2}\b")
YEAR = re.compile(r"\b1\d{3}\b|\b20[012]\d\b")
NUMBER = re.compile(r"\b\d[\d,.]*(?: (?:million|percent|km|miles|feet|people))?(?=\W)")
SENTENCE_END = re.compile(r"(?<=[a-z0-9)][.!?]) (?=[A-Z])")
STOP = set("the and that with from this have which were been their there these also than then into over such when where "
           "its his her was are has had not but for who".split())

ASK = (
    "What is the {key}?", "Give the {key}.", "{key}?", "Find the {key}.", "Which {key} is named?", "Name the {key}.",
    "Tell me the {key}.", "What does the text give as the {key}?",
)  # fmt: skip
ASK_OF = (
    "What is the {key} of {name}?", "Give the {key} of {name}.", "Name the {key} of {name}.", "What {key} does {name} have?",
    "Which {key} belongs to {name}?", "{name}: {key}?", "Find {name}'s {key}.", "State the {key} for {name}.",
)  # fmt: skip
SAY = ("The {key} is {value}.", "Its {key} is {value}.", "{value} is the {key}.", "For the {key} it has {value}.")
SAY_OF = (
    "The {key} of {name} is {value}.", "{name} has the {key} {value}.", "{value} is the {key} of {name}.",
    "For {name}, the {key} is {value}.", "{name}'s {key} is {value}.",
)  # fmt: skip
LAYOUTS = (
    "{text}\n\n{question}", "{question}\n{text}", "Question: {question}\nText: {text}", "Text: {text}\nQuestion: {question}",
    "Answer the question from the text.\n{text}\n\n{question}", "Passage: {text}\n\n{question}\n\nAnswer:",
)  # fmt: skip
RAG = "Use the passages to answer.\n\nPassages:\n{text}\n\n{question}"


class Vocabulary:
    """Keys, values and names taken from running text."""

    def __init__(self, texts, rng):
        self.rng, joined = rng, " ".join(texts)
        self.common = [w for w in WORD.findall(joined) if w not in STOP]
        self.words = sorted(set(self.common))
        self.names = sorted(set(NAME.findall(joined)))
        self.spans = joined.split()

    def key(self):
        """One or two words; most are common ones."""
        return " ".join(self.rng.choice(self.common if self.rng.random() < 0.7 else self.words) for _ in range(self.rng.choice((1, 1, 2))))

    def name(self):
        return self.rng.choice(self.names)

    def value(self):
        """A number with or without a unit, a name, or some words as they stand in a text."""
        rng, kind = self.rng, self.rng.random()
        if kind < 0.3:
            number = rng.choice((str(rng.randint(1, 99)), f"{rng.randint(100, 99999):,}", f"{rng.uniform(0, 100):.1f}", str(rng.randint(1500, 2025))))
            return rng.choice(("", "", "$")) + number + rng.choice(("", "", "%", " km", " " + rng.choice(self.words)))
        if kind < 0.5:
            return self.name()
        if kind < 0.65:
            return ", ".join(rng.choice(self.words) for _ in range(rng.randint(2, 3)))
        at, length = rng.randrange(len(self.spans) - 5), rng.choice((1, 1, 2, 3, 4, 6, 8))
        return " ".join(self.spans[at : at + length]).strip(".,;:()\"' ") or self.name()


def fields(vocabulary, count):
    """Different keys with a value each."""
    return {key: vocabulary.value() for key in [vocabulary.key() for _ in range(count)]}


def list_of(pairs, rng):
    """Fields as a list on one line, in one of several ways to write it."""
    capital, between = (True, ": ") if rng.random() < 0.6 else (False, rng.choice((": ", " - ", " = ")))
    separator = rng.choice((" ", " ", "; ", ", ", " - ", ". ", " | "))
    return separator.join(f"{key.capitalize() if capital else key}{between}{value}" for key, value in pairs.items())


def sentences_of(pairs, rng, name=None):
    """Fields as sentences, with the name in each or in none."""
    forms = [rng.choice(SAY_OF if name and rng.random() < 0.6 else SAY) for _ in pairs]
    return " ".join(f.format(key=key, value=value, name=name) for f, (key, value) in zip(forms, pairs.items()))


def random_fields(vocabulary, rng):
    """(prompt, answer, where the key stands): random keys and values, of one thing or of several."""
    count = rng.choice((2, 2, 2, 3, 3, 4, 4, 6, 10))
    things = rng.choice((1, 1, 1, 2)) if count < 5 else 1
    first = fields(vocabulary, count)
    keys = list(first)
    blocks, write = {}, rng.choice((list_of, sentences_of))
    for _ in range(things):
        pairs = {key: vocabulary.value() for key in rng.sample(keys, len(keys))}
        blocks[vocabulary.name()] = pairs
    named = len(blocks) > 1 or rng.random() < 0.6
    texts = []
    for name, pairs in blocks.items():
        if write is sentences_of:
            texts.append(sentences_of(pairs, rng, name if named else None))
            if named and len(blocks) > 1:
                texts[-1] = f"{name}: {texts[-1]}"
        else:
            texts.append((f"{name}: " if named else "") + list_of(pairs, rng))
    name, key = rng.choice(list(blocks)), rng.choice(keys)
    if rng.random() < 0.1 and len(blocks) == 1:
        question, answer = rng.choice(("What is {}?", "Which field says {}?")).format(blocks[name][key]), key
    else:
        question = rng.choice(ASK_OF if named and (len(blocks) > 1 or rng.random() < 0.7) else ASK).format(key=key, name=name)
        answer = blocks[name][key]
    prompt = lay_out(texts, question, rng)
    return prompt, answer, key_spans(prompt, question, key) if answer != key else []


def key_spans(prompt, question, key):
    """[kind, start, end] of a key in the question (kind 1) and in the text (kind 2); nothing where it is not clear."""
    at, named = prompt.find(question), question.rfind(key)
    if prompt.count(question) != 1 or named < 0:
        return []
    end = at + len(question)
    found = [m.span() for m in re.finditer(r"\b" + re.escape(key) + r"\b", prompt, re.I)]
    spans = [(2, *span) for span in found if span[1] <= at or span[0] >= end]
    return [(1, at + named, at + named + len(key)), *spans] if spans else []


def from_text(text, vocabulary, rng):
    """(prompt, answer, []) on some sentences of running text: what is missing beside these words? None if nothing fits."""
    sentences = SENTENCE_END.split(" ".join(text.split()))
    if len(sentences) < 3:
        return None
    start, count = rng.randrange(len(sentences)), rng.choice((1, 2, 3, 4))
    chosen = sentences[start : start + count]
    sentence = rng.choice(chosen)
    kinds = [("year", YEAR), ("number", NUMBER), ("name", NAME)]
    rng.shuffle(kinds)
    for kind, pattern in kinds:
        found = [m for m in pattern.finditer(sentence) if len(pattern.findall(sentence)) <= 2]
        if found:
            break
    else:
        return None
    match = rng.choice(found)
    answer = match.group(0).rstrip(".,")
    rest = [w for w in WORD.findall((sentence[: match.start()] + " " + sentence[match.end() :]).lower()) if w not in STOP]
    if len(rest) < 3:
        return None
    if rng.random() < 0.4:  # the sentence itself with a gap
        around = sentence[max(0, match.start() - 60) : match.start()], sentence[match.end() : match.end() + 40]
        question = f"{around[0].split(' ', 1)[-1]}___{around[1].rsplit(' ', 1)[0]}"
    else:
        words = [w for w in rest if rng.random() < 0.6][:8] or rest[:3]
        asked = {"year": ("Which year: {}?", "When: {}?", "In what year {}?"), "number": ("How many: {}?", "Which number: {}?", "How much {}?"),
                 "name": ("Who or what: {}?", "Which name: {}?", "Who {}?", "Which {}?")}[kind]  # fmt: skip
        question = rng.choice(asked).format(" ".join(words))
    return lay_out([" ".join(chosen)], question, rng), answer, []


def lay_out(texts, question, rng):
    """Text and question as one prompt: a quarter as the studio's RAG arms write it (src/rag/contextPrompt.ts)."""
    if rng.random() < 0.25:
        return RAG.format(text="\n".join(f"[{i}] {t}" for i, t in enumerate(texts, 1)), question=question)
    return rng.choice(LAYOUTS).format(text=" ".join(texts) if rng.random() < 0.5 else "\n".join(texts), question=question)


def lookup_texts(texts, count, rng):
    """`count` examples (prompt, answer, places of the key), most of them with random fields."""
    vocabulary, examples = Vocabulary(texts[:400], rng), []
    while len(examples) < count:
        example = random_fields(vocabulary, rng) if rng.random() < 0.85 else from_text(rng.choice(texts)[:4000], vocabulary, rng)
        if example:
            examples.append(example)
    return examples
