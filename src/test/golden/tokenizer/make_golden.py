"""Writes golden tokenizer tables with Hugging Face `tokenizers`.

    python src/test/golden/tokenizer/make_golden.py [path/to/t5/tokenizer.json]

Writes beside itself: `small-tokenizer.json`, a tokenizer of 300 pieces and 100 sentinels trained here on the text below and put
into the structure of T5's files; `small-golden.json` for it; and, when a T5 tokenizer.json is given, `t5-golden.json`.
Needs: tokenizers 0.23.3, sentencepiece 0.2.1 or later. Each golden file names the version that made it.
"""

import base64
import io
import json
import sys
from pathlib import Path

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2

from cases import all_texts

HERE = Path(__file__).parent
SENTINELS = 100
PIECES = 300

# Written for this file; any English with some accents and digits would do.
TRAINING_TEXT = """
The harbour was quiet when the first boat came in. Two people stood on the pier and counted the boxes of fish.
"How many did you catch today?" asked the older one. "Twenty-three boxes, and one very large crab," said the other.
They laughed, because the crab had already pinched three of the crew, and nobody wanted to carry it to the market.
In the afternoon the wind changed. Rain fell on the roofs, on the nets, on the narrow streets behind the church.
A cook in a small café put on the soup: onions, carrots, potatoes, a little salt, and the heads of the fish.
"Summarize the following conversation," the teacher wrote on the board; "use one sentence, and name the speakers."
The pupils read the dialogue twice. Some of them wrote too much, some too little, and one drew a picture of the crab.
Training a model is a bit like teaching a class: you show examples, you measure the loss, you change the numbers.
If the learning rate is too large, the loss jumps up and down; if it is too small, nothing happens for hours.
A tokenizer cuts the text into pieces. Common words are one piece, rare words are several, and strange signs none.
On 12 March 2019 the town had 4,821 inhabitants, 37 boats, 5 bakeries, 2 schools and 1 lighthouse (built in 1868).
Prices went up by 3.5% in that year: bread cost $2.40, a kilo of fish $11.90, a ticket to the island $7.00.
The keeper of the lighthouse kept a diary. He wrote about storms, ships, birds, and the visitors who climbed the stairs.
"It's not the height that is hard," he told them, "it's the 199 steps." Then he'd smile and open the heavy iron door.
Naïve travellers asked whether the résumé of his life was written anywhere; he showed them the logbook, page by page.
Later, the children of the keeper moved to the city. They became a nurse, a carpenter, an engineer and a piano teacher.
They still return every summer -- sometimes by train, sometimes by boat -- and they always bring new books for him.
What does the engineer do? She designs pumps that lift water; without them the lower streets would stand under the sea.
Question: who keeps the diary? Answer: the keeper of the lighthouse. Question: how many steps are there? Answer: 199.
Translate English to German: The house is wonderful. Classify the sentence as positive or negative: what a lovely day!
"""


def train_small() -> dict:
    """A SentencePiece Unigram model of TRAINING_TEXT in the structure of T5's tokenizer.json."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TRAINING_TEXT.strip().split("\n")),
        model_writer=model,
        model_type="unigram",
        vocab_size=PIECES,
        normalization_rule_name="nmt_nfkc",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        unk_piece="<unk>",
        num_threads=1,
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    vocab = [[piece.piece, piece.score] for piece in proto.pieces]
    vocab += [[f"<extra_id_{k}>", 0.0] for k in reversed(range(SENTINELS))]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    specials = [0, 1, 2, *range(PIECES, PIECES + SENTINELS)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": i,
                "content": vocab[i][0],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for i in specials
        ],
        "normalizer": {
            "type": "Precompiled",
            "precompiled_charsmap": base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode(),
        },
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}},
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocab, "byte_fallback": False},
    }


# Other structures that T5 files in circulation have, and flags of added tokens: changes to the small tokenizer.
VARIANTS = {
    "metaspace-only": {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    },
    "metaspace-old-style": {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
        "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
    },
    "metaspace-first": {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    },
    "metaspace-never": {
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True},
    },
    "strip-and-replace": {
        "normalizer": ["Precompiled", {"type": "Strip", "strip_left": False, "strip_right": True},
                       {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}],
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    },
    "added-token-flags": {
        "extra_tokens": [
            {"content": "[L]", "single_word": False, "lstrip": True, "rstrip": False, "normalized": False, "special": True},
            {"content": "[R]", "single_word": False, "lstrip": False, "rstrip": True, "normalized": False, "special": False},
            {"content": "crab", "single_word": True, "lstrip": False, "rstrip": False, "normalized": False, "special": False},
            {"content": "ﬁne", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False},
        ]
    },
    # serde_json reads these digits so that ▁xy + z is better than ▁x + yz by one unit in the last place; read with
    # correct rounding they tie, and the split found first would win.
    "scores-one-unit-apart": {
        "vocab": [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁x", -2.0122928619384766], ["yz", -2.0122928619384766],
                  ["▁xy", -4.024585723876953], ["z", 0.0], ["the", -3.0]]
    },
    "byte-fallback": {
        "byte_pieces": True,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "ByteFallback"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}]},
    },
}

VARIANT_TEXTS = [
    "", " ", "the boat", " the  boat ", "the\tboat\n", "a [L] b [R] c", "a[L][R]b", "crab crabs scrab (crab) crab", "fine ﬁne ＦＩＮＥ ﬁ",
    "x  [R]  \n crab ", "日本 the 😀 boat", "naïve</s> résumé ", "  ", "a   b    c", "▁the▁boat", "\u00e9\u00e9 \u0416", "[L]", "the[R]  ",
    "</s>the boat", "<extra_id_0> the <extra_id_1>", "crab\u0301 crab_1 crab1", "\n[L]\n[R]\n", "  leading", "\u3000\u3000wide", "xyz",
]


def variant(base: dict, change: dict) -> dict:
    file = json.loads(json.dumps(base))
    for key in ("pre_tokenizer", "decoder"):
        file[key] = change.get(key, file[key])
    if "normalizer" in change:
        steps = [base["normalizer"] if step == "Precompiled" else step for step in change["normalizer"]]
        file["normalizer"] = {"type": "Sequence", "normalizers": steps}
    for token in change.get("extra_tokens", []):
        file["added_tokens"].append({"id": PIECES + SENTINELS + len(file["added_tokens"]) - 103, **token})
    file["model"]["vocab"] = change.get("vocab", file["model"]["vocab"])
    if change.get("byte_pieces"):
        file["model"]["byte_fallback"] = True
        file["model"]["vocab"] += [[f"<0x{byte:02X}>", 0.0] for byte in range(256)]
    return file


def table(tokenizer: tokenizers.Tokenizer, texts: list[str]) -> list[dict]:
    rows = []
    for text in texts:
        encoding = tokenizer.encode(text)
        rows.append({
            "text": text,
            "ids": encoding.ids,
            "pieces": encoding.tokens,
            "decoded": tokenizer.decode(encoding.ids),
            "decodedWithSpecials": tokenizer.decode(encoding.ids, skip_special_tokens=False),
        })
    return rows


def write(name: str, content: dict) -> None:
    (HERE / name).write_text(json.dumps(content, ensure_ascii=True) + "\n")


def main() -> None:
    versions = {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__}
    small = train_small()
    write("small-tokenizer.json", small)
    variants = [
        {
            "name": name,
            # Everything but the normaliser's charsmap, which is the one of small-tokenizer.json.
            "change": change,
            "cases": table(tokenizers.Tokenizer.from_str(json.dumps(variant(small, change))), VARIANT_TEXTS),
        }
        for name, change in VARIANTS.items()
    ]
    texts = all_texts()
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(small))
    write("small-golden.json", {"versions": versions, "cases": table(tokenizer, texts), "variants": variants})
    if len(sys.argv) > 1:
        tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
        write("t5-golden.json", {"versions": versions, "cases": table(tokenizer, texts)})
    print(f"{len(texts)} texts, {versions}")


if __name__ == "__main__":
    main()
