"""Writes public/proof/tokenizer-vectors.json: texts with the ids that Hugging Face `tokenizers` gives them.

    python src/test/golden/tokenizer/make_proof_vectors.py path/to/t5/tokenizer.json

For the starter's vocabulary and for T5's own, which all published T5 and FLAN-T5 models share. The page looks its
vocabulary up by the SHA-256 of the pieces, one a line. Needs: tokenizers 0.23.3."""

import hashlib
import json
import sys
from pathlib import Path

import tokenizers

import cases

ROOT = Path(__file__).resolve().parents[4]
STARTER = ROOT / "public" / "models" / "starter" / "tokenizer.json"


def vectors(path):
    """Name, fingerprint and cases of one tokenizer.json."""
    text = Path(path).read_text(encoding="utf-8")
    pieces = [piece for piece, _ in json.loads(text)["model"]["vocab"]]
    tokenizer = tokenizers.Tokenizer.from_str(text)
    texts = cases.PLAIN + cases.PUNCTUATION[:30] + cases.SPACES[:20] + cases.ACCENTS + cases.FULL_WIDTH
    return {
        "fingerprint": hashlib.sha256("\n".join(pieces).encode("utf-8")).hexdigest(),
        "vectors": [{"text": text, "ids": tokenizer.encode(text).ids} for text in dict.fromkeys(texts)],
    }


if __name__ == "__main__":
    made = {"tokenizers": tokenizers.__version__, "vocabularies": [vectors(STARTER), *(vectors(p) for p in sys.argv[1:])]}
    target = ROOT / "public" / "proof" / "tokenizer-vectors.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(made, ensure_ascii=True, separators=(",", ":")) + "\n", encoding="utf-8")
    print(target.name, target.stat().st_size, "bytes", [len(v["vectors"]) for v in made["vocabularies"]])
