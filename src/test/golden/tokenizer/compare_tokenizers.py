"""Compares our tokenizer with Hugging Face `tokenizers` on a lot of text; prints the number of differences.

    python src/test/golden/tokenizer/compare_tokenizers.py TOKENIZER_JSON FILE... [--lines 4000] [--random 5000]

FILE is .txt, .csv, .jsonl or .jsonl.xz; every text field counts as a text, whole and line by line. The reference ids go
to a temporary file, which `src/tokenizer/parity.test.ts` reads. Needs: tokenizers (0.23.3 was used), Node.
"""

import argparse
import csv
import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tokenizers

from cases import fixed_texts, random_texts

REPOSITORY = Path(__file__).resolve().parents[4]


def texts_of(path: Path, limit: int):
    """Up to `limit` texts of a file: text fields whole when short, and their lines."""
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8", newline="")
    count = 0
    with opened as file:
        if path.suffix == ".csv":
            records = (row.values() for row in csv.DictReader(file))
        elif path.suffix == ".txt":
            records = ([line] for line in file)
        else:
            records = ((v for v in json.loads(line).values() if isinstance(v, str)) for line in file)
        for record in records:
            for field in record:
                for text in [field] if len(field) < 4000 else field.split("\n"):
                    if text:
                        yield text
                        count += 1
                        if count >= limit:
                            return


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tokenizer", type=Path)
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--lines", type=int, default=4000, help="texts taken from each file")
    arguments.add_argument("--random", type=int, default=5000, help="random Unicode strings")
    options = arguments.parse_args()

    texts = fixed_texts() + random_texts(options.random, seed=7)
    for path in options.files:
        taken = list(texts_of(path, options.lines))
        print(f"{path.name}: {len(taken)} texts, {sum(map(len, taken))} characters")
        texts += taken
    tokenizer = tokenizers.Tokenizer.from_file(str(options.tokenizer))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8", delete=False) as reference:
        for text in texts:
            encoding = tokenizer.encode(text)
            row = {"text": text, "ids": encoding.ids, "decoded": tokenizer.decode(encoding.ids)}
            reference.write(json.dumps(row) + "\n")
    environment = os.environ | {
        "PARITY_TOKENIZER": str(options.tokenizer.resolve()),
        "PARITY_REFERENCE": reference.name,
    }
    command = ["npx", "vitest", "run", "src/tokenizer/parity.test.ts"]
    result = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False)
    Path(reference.name).unlink()
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
