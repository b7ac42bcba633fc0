"""Writes the part of the parity cases that is committed, for `npm test` to check without Python.

    python parity/python/make_golden.py

Writes src/test/golden/metrics/pairs.json: 250 pairs of texts with every metric, by the packages of ../requirements.txt.
"""

import json
from importlib.metadata import version
from pathlib import Path

from graft_parity.cases.metrics import scores
from graft_parity.text_pairs import text_pairs

GOLDEN = Path(__file__).resolve().parents[2] / "src/test/golden"


def main() -> None:
    versions = {name: version(name) for name in ("rouge_score", "sacrebleu")}
    # Long repetitions are left to the full run.
    pairs = [pair for pair in text_pairs(260, seed=1) if max(map(len, pair)) <= 400][:250]
    golden = {"versions": versions, **scores(pairs)}
    (GOLDEN / "metrics/pairs.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
    print(len(pairs), "pairs")


if __name__ == "__main__":
    main()
