"""Trains the vocabulary and writes it as a `tokenizer.json` of the T5 kind.

SentencePiece finds the pieces; the file that ships has the structure of the published T5 tokenizers, so every
program that reads those reads this one: Unigram model, Precompiled normaliser, whitespace split, Metaspace."""

import argparse
import base64
import json
import string
import time
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from corpus import vocabulary_lines
from settings import DATA, EOS, PAD, PIECES, SENTINELS, UNK

# Must be representable even where the training text lacks them.
REQUIRED = (
    string.ascii_letters
    + string.digits
    + string.punctuation
    + "".join(chr(c) for c in range(0xA1, 0x180) if chr(c).isalpha())
    + "£€¥§©®°±×÷¡¿«»–—‘’“”„†•‐−"
)

SAMPLES = [
    "Summarize the following conversation.\n\nCustomer: My lamp (model X-200) won't turn on!\nAgent: I'm sorry.\n\nSummary: ",
    "if (a < b && c > 0) { return `x` + \"y\"; } // ~ ^ | # @ \\ $ % * _ = [1, 2]",
    "The naïve façade of Zürich’s café — “déjà vu” – costs €12.50, i.e. £10½ …",
    "   leading,\ttabs   and\u00a0no-break\u3000spaces  ",
    "ﬁne ligatures, ｆｕｌｌ ｗｉｄｔｈ, ² and ™",
    "Call 555-0199 at 7:45 pm on 2024-03-05 or write to jo.bloggs@example.com",
    "------- ....... !!!???",
    "SELECT name FROM data WHERE score >= 1,482 AND team = 'la nuova piovese (veneto a)'",
    "日本語 and Ελληνικά and русский",
    "",
]


def train_pieces(data, work, characters):
    """Runs the SentencePiece trainer; returns the path of its model file."""
    prefix = Path(work) / "vocabulary"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=vocabulary_lines(data, characters),
        model_prefix=str(prefix),
        model_type="unigram",
        vocab_size=PIECES,
        normalization_rule_name="nmt_nfkc",
        character_coverage=0.9998,
        required_chars=REQUIRED,
        split_digits=True,
        byte_fallback=False,
        pad_id=PAD,
        eos_id=EOS,
        unk_id=UNK,
        bos_id=-1,
        pad_piece="<pad>",
        eos_piece="</s>",
        unk_piece="<unk>",
        input_sentence_size=600_000,
        shuffle_input_sentence=True,
        num_threads=2,
        minloglevel=1,
    )
    return prefix.with_suffix(".model")


def tokenizer_json(model_file):
    """The content of `tokenizer.json` for a SentencePiece model, sentinels appended T5 style (99 first)."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(Path(model_file).read_bytes())
    vocab = [[p.piece, 0.0 if i <= UNK else p.score] for i, p in enumerate(proto.pieces)]
    vocab += [[f"<extra_id_{i}>", 0.0] for i in reversed(range(SENTINELS))]
    special = [PAD, EOS, UNK, *range(len(proto.pieces), len(vocab))]
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    end = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    first = {"Sequence": {"id": "A", "type_id": 0}}
    second = {"Sequence": {"id": "B", "type_id": 0}}
    charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": vocab[i][0], **flags} for i in special],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [first, end],
            "pair": [first, end, second, end],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [EOS], "tokens": ["</s>"]}},
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": UNK, "vocab": vocab, "byte_fallback": False},
    }


def compare(model_file, tokenizer, texts):
    """Share of texts on which `tokenizer.json` and SentencePiece give the same ids."""
    reference = sentencepiece.SentencePieceProcessor(model_file=str(model_file))
    same = 0
    for text in texts:
        ids = tokenizer.encode(text).ids
        expected = reference.encode(text) + [EOS]
        if ids == expected:
            same += 1
        elif len(text) < 200:
            print("differs:", repr(text), tokenizer.encode(text).tokens, reference.encode(text, out_type=str))
    return same / len(texts)


def build(data, work, characters=70_000_000):
    """Trains and writes `tokenizer.json` into the work folder; returns the loaded tokenizer."""
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    target = work / "tokenizer.json"
    if not target.exists():
        started = time.time()
        model_file = train_pieces(data, work, characters)
        target.write_text(json.dumps(tokenizer_json(model_file), ensure_ascii=False), encoding="utf-8")
        tokenizer = Tokenizer.from_file(str(target))
        print(f"vocabulary of {tokenizer.get_vocab_size()} trained in {time.time() - started:.0f} s")
        print(f"same ids as SentencePiece: samples {compare(model_file, tokenizer, SAMPLES):.1%}")
        lines = [line for line, _ in zip(vocabulary_lines(data, characters, seed=2), range(3000))]
        print(f"same ids as SentencePiece: 3000 lines {compare(model_file, tokenizer, lines):.2%}")
    return Tokenizer.from_file(str(target))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--work", default="/tmp/graft-starter")
    options = parser.parse_args()
    build(options.data, options.work)
