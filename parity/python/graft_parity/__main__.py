"""The Python half of one case.

    python -m graft_parity make  CASE FOLDER [--seed N] [--quick] [--backend NAME] [--data FOLDER]
    python -m graft_parity check CASE FOLDER ...

`make` writes inputs and reference values. `check`, for cases that have one, looks at what Graft wrote and prints its lines
of the table, one JSON object each, after the word LINE.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from graft_parity.options import Options, Skipped


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "check"])
    parser.add_argument("case")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    repository = Path(__file__).resolve().parents[3]
    data = arguments.data if arguments.data and arguments.data.is_dir() else None
    options = Options(seed=arguments.seed, quick=arguments.quick, repository=repository, data=data)
    case = import_module(f"graft_parity.cases.{arguments.case}")
    try:
        if arguments.what == "make":
            case.make(arguments.folder, options)
        else:
            for line in case.check(arguments.folder, options):
                print("LINE", json.dumps(line))
    except Skipped as reason:
        print("SKIPPED", reason)
        sys.exit(3)


if __name__ == "__main__":
    main()
