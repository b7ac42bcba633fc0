"""Checks the sample files and writes public/samples/index.json, the list behind the "try it" button.

Every answer of the knowledge questions must stand word for word in one of the hand-written pages.

    python samples/make_index.py
"""

import csv
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "public" / "samples"

SAMPLES = [
    {
        "id": "support-chats",
        "file": "support-chats.csv",
        "title": "Support chats",
        "description": "Short chats with a help desk and one-sentence summaries in a fixed house style.",
        "input": "chat",
        "target": "summary",
    },
    {
        "id": "intents",
        "file": "intents.csv",
        "title": "Message intents",
        "description": "Messages to a bicycle shop, each with one of twelve intents.",
        "input": "text",
        "target": "intent",
    },
    {
        "id": "orders-json",
        "file": "orders-json.csv",
        "title": "Orders to JSON",
        "description": "Messages to a print shop, each with the order as one line of JSON.",
        "input": "message",
        "target": "order",
    },
    {
        "id": "house-style",
        "file": "house-style.csv",
        "title": "House style",
        "description": "Hurried notes of a parcel service, rewritten in the firm's style.",
        "input": "note",
        "target": "message",
    },
    {
        "id": "knowledge-questions",
        "file": "knowledge-questions.csv",
        "title": "Questions on a product manual",
        "description": "Questions with short answers that stand in the pages of the Tarn weather shop.",
        "input": "question",
        "target": "answer",
        "knowledge": True,
    },
]


def read(name):
    """Columns and rows of a CSV file."""
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    return columns, rows


def check(name, columns, rows):
    """Stops if a field is empty, a row is double or a row is too short."""
    inputs = [row[0] for row in rows]
    assert all(len(row) == len(columns) for row in rows), f"{name}: uneven rows"
    assert all(field.strip() for row in rows for field in row), f"{name}: empty field"
    assert len(set(inputs)) == len(inputs), f"{name}: an input occurs twice"


def main():
    """Checks everything, writes the index."""
    pages = sorted(path.name for path in (FOLDER / "knowledge").glob("*.md"))
    text = "\n".join((FOLDER / "knowledge" / page).read_text(encoding="utf-8") for page in pages).lower()
    index = []
    for sample in SAMPLES:
        columns, rows = read(sample["file"])
        check(sample["file"], columns, rows)
        if sample.pop("knowledge", False):
            missing = [answer for _, answer in rows if answer.lower() not in text]
            assert not missing, f"not in the pages: {missing}"
            sample["knowledge"] = [f"knowledge/{page}" for page in pages]
        index.append({**sample, "rows": len(rows), "columns": columns, "licence": "CC0-1.0"})
    (FOLDER / "index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    for sample in index:
        print(f"{sample['file']}: {sample['rows']} rows")


if __name__ == "__main__":
    main()
