"""Scores the exported model on held-out rows of every task: loss, exact match, ROUGE-L.

    python evaluate.py                   # public/models/starter, writes evaluation.json into the work folder
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import torch
from rouge_score.rouge_scorer import RougeScorer
from transformers import AutoTokenizer, T5ForConditionalGeneration

import pack
from corpus import instruction_files, is_held_out, prompt, read_rows, row_key
from generate import generate
from settings import DATA, DECODER_ROW, ENCODER_ROW, FILE_WEIGHTS, OUTPUT

# Prompts of our own, to look at.
PROMPTS = [
    "Summarize the following conversation.\n\nCustomer: Hi, my kettle stopped working yesterday.\nAgent: Sorry to hear that. "
    "I will send you a new one today.\nCustomer: Great, thank you!\n\nSummary:",
    "Answer the question from the text.\nMaria Lopez opened her bakery in Lisbon in 1987. It has four employees.\n\n"
    "When did Maria Lopez open her bakery?",
    "Answer the question from the text.\nMaria Lopez opened her bakery in Lisbon in 1987. It has four employees.\n\n"
    "Where is the bakery?",
    "Fix the grammar.\nShe go to school every days and she like it very much.",
    "Is the sentiment positive or negative?\nI love this phone, the camera is fantastic.",
    "Extract the names.\nYesterday Peter Miller met Anna Schmidt at the station in Hamburg.",
    "Give a title for this text.\nThe Amazon is the largest river of South America. It flows through Brazil and Peru.",
    "Convert to upper case.\nthe train is late again",
    "What is the user asking for?\nI need a table for four people on Friday at 7 pm in San Jose.",
]


def held_out_rows(data, per_task, seed=5):
    """A few held-out rows of every task that the recipe trains on, by (file, task)."""
    rng = random.Random(seed)
    tasks = defaultdict(list)
    for name, path in instruction_files(data).items():
        if FILE_WEIGHTS.get(name):
            for row in read_rows(path):
                if is_held_out(row_key(row)) and len(row["input"]) < 1700 and len(row["target"]) < 420:
                    tasks[name, row["task"]].append(row)
    return {key: rng.sample(rows, min(per_task, len(rows))) for key, rows in sorted(tasks.items())}


@torch.no_grad()
def mean_loss(model, tokenizer, pairs, batch=16):
    """Cross-entropy per target token over (source, target) pairs of token ids."""
    total = count = 0
    for start in range(0, len(pairs), batch):
        part = pairs[start : start + batch]
        width = max(len(s) for s, _ in part)
        height = max(len(t) for _, t in part)
        sources = torch.tensor([s + [0] * (width - len(s)) for s, _ in part])
        labels = torch.tensor([t + [-100] * (height - len(t)) for _, t in part])
        loss = model(input_ids=sources, attention_mask=(sources != 0).long(), labels=labels).loss
        tokens = int((labels != -100).sum())
        total += loss.item() * tokens
        count += tokens
    return total / max(count, 1)


def evaluate(model, tokenizer, data, per_task=20):
    """One record per task."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    results = []
    for (file, task), rows in held_out_rows(data, per_task).items():
        prompts, targets = [prompt(r) for r in rows], [r["target"] for r in rows]
        pairs = [(tokenizer(p).input_ids[:ENCODER_ROW], tokenizer(t).input_ids[:DECODER_ROW]) for p, t in zip(prompts, targets)]
        outputs = generate(model, tokenizer, prompts)
        normal = [" ".join(t.split()).lower() for t in targets]
        results.append(
            {
                "file": file,
                "task": task,
                "rows": len(rows),
                "loss": round(mean_loss(model, tokenizer, pairs), 3),
                "exact": round(sum(o.lower() == t for o, t in zip(outputs, normal)) / len(rows), 3),
                "rougeL": round(sum(scorer.score(t, o)["rougeL"].fmeasure for t, o in zip(targets, outputs)) / len(rows), 3),
                "example": {"prompt": prompts[0][:300], "target": targets[0], "output": outputs[0]},
            }
        )
        print(f"{file:16} {task:34} {len(rows):3} loss {results[-1]['loss']:.2f} exact {results[-1]['exact']:.2f} "
              f"ROUGE-L {results[-1]['rougeL']:.2f}", flush=True)
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--work", default="/tmp/graft-starter")
    parser.add_argument("--model", default=OUTPUT)
    parser.add_argument("--rows", type=int, default=20, help="rows per task")
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = T5ForConditionalGeneration.from_pretrained(options.model, dtype=torch.float32)
    rng = random.Random(9)
    corrupted = [p for p in pack.pretraining_examples(tokenizer._tokenizer, options.data, 200, rng, held_out=True) if pack.usable(*p)]
    results = {"span corruption": round(mean_loss(model, tokenizer, corrupted), 3)}
    print("span corruption loss", results["span corruption"])
    for text, output in zip(PROMPTS, generate(model, tokenizer, PROMPTS)):
        print(f"--- {text}\n>>> {output}")
    results["tasks"] = evaluate(model, tokenizer, options.data, options.rows)
    results["mean loss"] = round(sum(r["loss"] for r in results["tasks"]) / len(results["tasks"]), 3)
    (Path(options.work) / "evaluation.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print("mean loss over tasks", results["mean loss"])
