"""Fills the measured parts of the model card from the files that training and scoring left in the work folder, and from
the benchmarks' records beside this script.

    python card.py                       # public/models/starter/README.md

Each part stands between a pair of marks such as <!-- training --> and <!-- /training -->; the text around them is
written by hand. A part whose file is missing is left as it is, and so are the benchmarks where the records are of other weights."""

import argparse
import json
import shutil
from pathlib import Path

from benchmarks import RECORDS, read_records, weights_name
from benchmarks import table as benchmark_table
from settings import MODEL, OUTPUT, REPO, VOCAB


def replace_part(text, name, content):
    """The text with the content between the two marks of `name` replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, rest = text.split(begin)
    return f"{head}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def shape_part(parameters, megabytes):
    """Sizes of the network and its files."""
    m = MODEL
    return "\n".join(
        [
            "| | |",
            "|---|---|",
            f"| parameters | {parameters / 1e6:.2f} million: width {m['d_model']}, {m['num_heads']} heads of {m['d_kv']}, feed-forward "
            f"{m['d_ff']}, {m['num_layers']} encoder and {m['num_decoder_layers']} decoder layers |",
            f"| vocabulary | {VOCAB:,}: Unigram pieces (nmt_nfkc, single digits, all of ASCII and Latin) and 100 sentinels |",
            f"| weights | `model.safetensors`, F16, {megabytes:.1f} MB; `shared.weight` is the output layer too |",
        ]
    )


def training_part(summary, curve):
    """Cost of the run and its learning curve at a dozen points."""
    facts = (
        f"{summary['step']:,} steps, {summary['tokens'] / 1e6:.1f} million tokens ({summary['targets'] / 1e6:.1f} million of them targets), "
        f"{summary['elapsed'] / 60:.0f} minutes, {summary['cpu'] / 60:.0f} minutes of processor time, torch {summary['torch']}, bf16."
    )
    picked = [curve[round(i * (len(curve) - 1) / 11)] for i in range(12)] if len(curve) > 12 else curve
    return "\n".join(
        [
            facts,
            "",
            "| tokens (million) | " + " | ".join(f"{p['tokens'] / 1e6:.1f}" for p in picked) + " |",
            "|---|" + "---:|" * len(picked),
            "| training loss | " + " | ".join(f"{p['loss']:.2f}" for p in picked) + " |",
        ]
    )


def evaluation_part(results):
    """Held-out scores per task."""
    lines = ["| file | task | rows | loss | exact match | ROUGE-L |", "|---|---|---:|---:|---:|---:|"]
    for r in results["tasks"]:
        lines.append(f"| {r['file']} | {r['task']} | {r['rows']} | {r['loss']:.2f} | {100 * r['exact']:.0f} % | {100 * r['rougeL']:.0f} |")
    return "\n".join([f"Span corruption on held-out text: loss {results['span corruption']:.2f}.", "", *lines])


def fill(work, model):
    """Writes the card; copies the learning curve and the run's counts beside the recipe."""
    work, card = Path(work), Path(model) / "README.md"
    text = card.read_text(encoding="utf-8")
    weights = Path(model) / "model.safetensors"
    # Two bytes a parameter; the header is a few kilobytes.
    text = replace_part(text, "shape", shape_part(weights.stat().st_size / 2, weights.stat().st_size / 1e6))
    if (work / "summary.json").exists():
        curve = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
        text = replace_part(text, "training", training_part(json.loads((work / "summary.json").read_text()), curve))
        for name in ("curve.jsonl", "summary.json"):
            shutil.copyfile(work / name, REPO / "starter" / name)
    if (work / "evaluation.json").exists():
        results = json.loads((work / "evaluation.json").read_text(encoding="utf-8"))
        text = replace_part(text, "evaluation", evaluation_part(results))
    if records := read_records(RECORDS, weights_name(model)):
        text = replace_part(text, "benchmarks", benchmark_table(records))
    card.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", default="/tmp/graft-starter")
    parser.add_argument("--model", default=OUTPUT)
    options = parser.parse_args()
    fill(options.work, options.model)
