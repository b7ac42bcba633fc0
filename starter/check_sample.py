"""How well does the starter model learn the sample data with LoRA? Finds the learning rate for the page's preset.

    python check_sample.py                       # support chats, r 16, alpha 32, all linear layers
    python check_sample.py --sample intents

Splits the rows 80/20, trains for a number of steps and compares ROUGE-L and exact match with prompting alone."""

import argparse
import csv
import json
import random
import time

import torch
from peft import LoraConfig, get_peft_model
from rouge_score.rouge_scorer import RougeScorer
from transformers import AutoTokenizer, T5ForConditionalGeneration

from generate import generate
from settings import OUTPUT, REPO

INSTRUCTIONS = {
    "support-chats": "Summarize the following conversation.\n\n{}\n\nSummary:",
    "intents": "What is the intent of this message?\n{}",
}


def read_sample(name):
    """Prompts and targets of a sample file, shuffled, as (training, test)."""
    with open(REPO / "public" / "samples" / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    random.Random(0).shuffle(rows)
    rows = [(INSTRUCTIONS[name].format(source), target) for source, target in rows]
    cut = len(rows) * 8 // 10
    return rows[:cut], rows[cut:]


def score(outputs, targets):
    """Mean ROUGE-L and share of exact matches."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    rouge = [scorer.score(t, o)["rougeL"].fmeasure for t, o in zip(targets, outputs)]
    exact = [o.strip().lower() == t.strip().lower() for o, t in zip(outputs, targets)]
    return {"rougeL": round(sum(rouge) / len(rouge), 4), "exact": round(sum(exact) / len(exact), 4)}


def tune(path, tokenizer, rows, steps, rate, batch, rank, alpha, targets, seed=0):
    """LoRA training with AdamW and a linear schedule, as the page does it. Returns model, losses, seconds."""
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration.from_pretrained(path, dtype=torch.float32)
    config = LoraConfig(task_type="SEQ_2_SEQ_LM", r=rank, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0)
    model = get_peft_model(model, config)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    rng, order, losses, started = random.Random(seed), [], [], time.time()
    model.train()
    for step in range(steps):
        if len(order) < batch:
            order = rng.sample(range(len(rows)), len(rows))
        picked = [rows[order.pop()] for _ in range(batch)]
        encoded = tokenizer([p for p, _ in picked], padding=True, truncation=True, max_length=512, return_tensors="pt")
        labels = tokenizer([t for _, t in picked], padding=True, return_tensors="pt").input_ids
        labels[labels == tokenizer.pad_token_id] = -100
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / max(1, steps // 20)) * (1 - step / steps)
        loss = model(input_ids=encoded.input_ids, attention_mask=encoded.attention_mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(round(loss.item(), 3))
    return model, losses, time.time() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=OUTPUT)
    parser.add_argument("--sample", default="support-chats", choices=INSTRUCTIONS)
    parser.add_argument("--steps", type=int, nargs="+", default=[60, 100, 150])
    parser.add_argument("--rates", type=float, nargs="+", default=[3e-3])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=int, default=32)
    parser.add_argument("--targets", nargs="+", default=["q", "k", "v", "o", "wi_0", "wi_1", "wo"])
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    base = T5ForConditionalGeneration.from_pretrained(options.model, dtype=torch.float32)
    training, test = read_sample(options.sample)
    prompts, targets = [p for p, _ in test], [t for _, t in test]
    before = generate(base, tokenizer, prompts, 64)
    print(json.dumps({"prompt only": score(before, targets), "training rows": len(training), "test rows": len(test)}))
    for rate in options.rates:
        for steps in options.steps:
            model, losses, seconds = tune(
                options.model, tokenizer, training, steps, rate, options.batch, options.rank, options.alpha, options.targets
            )
            after = generate(model, tokenizer, prompts, 64)
            print(json.dumps({"lr": rate, "steps": steps, **score(after, targets), "first loss": losses[0],
                              "last losses": losses[-3:], "seconds": round(seconds)}), flush=True)
            for i in range(4):
                print(f"   reference   {targets[i]}\n   prompt only {before[i]}\n   tuned       {after[i]}", flush=True)
