"""Ids and decoded texts of T5's tokenizer and the starter's, by Hugging Face `tokenizers`."""

import json
import random
import shutil
from pathlib import Path

from tokenizers import Tokenizer

from graft_parity.many_texts import many_texts
from graft_parity.options import Options


def make(folder: Path, options: Options) -> None:
    found = {f"the {path.name}'s": path / "tokenizer.json" for path in (options.repository / "public/models").iterdir()}
    if options.data is None or not (options.data / "t5-tokenizer/tokenizer.json").exists():
        print("tokenizer: T5's own tokenizer.json is not here (--data FOLDER with t5-tokenizer/); only the starter's is compared")
    else:
        found["T5's"] = options.data / "t5-tokenizer/tokenizer.json"
    texts = many_texts(5_000 if options.quick else 100_000, options)
    (folder / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    rng = random.Random(options.seed)
    names = []
    for i, (name, path) in enumerate(found.items()):
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        shutil.copy(path, folder / f"{i}.json")
        size = tokenizer.get_vocab_size()
        with (folder / f"{i}.encoded.jsonl").open("w", encoding="utf-8") as file:
            for text in texts:
                ids = tokenizer.encode(text).ids
                decoded = [tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)]
                file.write(json.dumps([ids, *decoded]) + "\n")
        with (folder / f"{i}.decoded.jsonl").open("w", encoding="utf-8") as file:
            for _ in range(len(texts) // 10):
                ids = [rng.randrange(size) for _ in range(rng.randint(0, 20))]
                file.write(json.dumps([ids, tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)]) + "\n")
        names.append(name)
    (folder / "tokenizers.json").write_text(json.dumps(names))
