"""Scores the starter model on tasks its recipe never reads: as it is, and after fine-tuning with transformers and peft.

    python benchmarks.py                                  # every benchmark and arm; --only clinc150 --arms prompt lora-200
    python benchmarks.py --only clinc150 --write TASKS    # the same tasks, the same order of rows, in Graft:
    node studio/measure.mjs TASKS                         # in a headless browser
    python benchmarks.py --only clinc150 --read TASKS     # scored by the same rules
    python card.py                                        # then writes the table into the model card

Arms: prompt only; LoRA r 16, alpha 32, all linear layers, for 200 and for 1,000 steps; all weights for 1,000 steps.
Results are kept in `benchmarks.json` beside this script, one record per benchmark and arm, so that the work can be done in
pieces and on several machines; a record says which weights it measured, and counts for no others."""

import argparse
import csv
import hashlib
import json
import random
import re
import time
import zipfile
from collections import defaultdict
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from rouge_score.rouge_scorer import RougeScorer
from transformers import AutoTokenizer, T5ForConditionalGeneration, get_linear_schedule_with_warmup

from corpus import passages_prompt
from generate import generate
from settings import DATA, OUTPUT

ALL_LINEAR = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]
# Steps, LoRA or full, peak learning rate (linear decay, 5 % warm-up).
ARMS = {"prompt": (0, None, 0.0), "lora-200": (200, "lora", 3e-3), "lora-1000": (1000, "lora", 3e-3), "full-1000": (1000, "full", 1e-3)}
RANK = 16
# Tokens: of training rows, of answers.
MAX_INPUT, MAX_TARGET, MAX_NEW = 384, 96, 96
# Test prompts are cut at the length that `generate` takes.
MAX_PROMPT = 512
TITLES = {"prompt": "prompt only", "lora-200": "LoRA, 200 steps", "lora-1000": "LoRA, 1,000 steps", "full-1000": "full, 1,000 steps"}


def csv_rows(path):
    """Rows of a CSV file as dictionaries."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def json_rows(path):
    """Rows of a JSON Lines file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def sample(rows, count, seed=0):
    """Some rows in a fixed random order."""
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows[:count]


# Rows per step: short messages come in larger batches and long prompts in smaller ones, which have about as many tokens.
DEFAULT_BATCH = 16
BATCH = {
    "dialogsum": 8, "clinc150": 128, "restaurants8k": 32, "restaurants8k, batches of 8": 8, "factbook, passage in the prompt": 8,
}
# Benchmarks whose batches have rows of about the same length, without which a third of their tokens would be padding.
GROUPED = {"dialogsum", "factbook, passage in the prompt"}
# Dropout before an adapter, chosen on CLINC150's validation rows: 150 intents of 100 messages each are soon known by heart.
LORA_DROPOUT = {"clinc150": 0.1}


# A benchmark is (training pairs, test prompts, references per test prompt, metric).


def dialogsum(data, count):
    """Dialogue → summary; three references each."""
    instruction = "Summarize the following conversation.\n\n{}\n\nSummary:"
    training = [(instruction.format(r["dialogue"]), r["summary"]) for r in csv_rows(data / "dialogsum/train.csv")]
    references = defaultdict(list)
    for row in csv_rows(data / "dialogsum/test.csv"):
        references[row["dialogue"]].append(row["summary"])
    tests = sample(references.items(), count)
    return training, [instruction.format(d) for d, _ in tests], [r for _, r in tests], "ROUGE-L"


def clinc150(data, count):
    """Message → one of 150 intents. As the dataset's paper counts accuracy (Larson et al. 2019), messages outside of all
    intents are not among the test rows; the training rows have a few."""
    instruction = "What is the intent of this message?\n{}"
    training = [(instruction.format(r["text"]), r["intent"].replace("_", " ")) for r in csv_rows(data / "clinc150/train.csv")]
    tests = sample([r for r in csv_rows(data / "clinc150/test.csv") if r["intent"] != "oos"], count)
    return training, [instruction.format(r["text"]) for r in tests], [[r["intent"].replace("_", " ")] for r in tests], "exact match"


def restaurants8k(data, count):
    """Message → its slots, as `slot: value`, or "none"."""
    instruction = 'Find the booking details in the message. If there are none, write "none".\n{}'

    def pair(row):
        slots = [f"{slot['slot'].replace('_', ' ')}: {slot['value']}" for slot in row.get("slots") or [] if slot.get("value")]
        return instruction.format(row["text"]), "; ".join(slots) or "none"

    training = [pair(r) for r in json_rows(data / "restaurants8k/train.jsonl")]
    tests = [pair(r) for r in sample(json_rows(data / "restaurants8k/test.jsonl"), count)]
    return training, [p for p, _ in tests], [[t] for _, t in tests], "exact match"


def e2e(data, count):
    """Attributes of a restaurant → sentence; several references each."""
    instruction = "Describe the restaurant in a sentence.\n{}"
    training = [(instruction.format(r["mr"]), r["ref"]) for r in csv_rows(data / "e2e/train.csv")]
    references = defaultdict(list)
    for row in csv_rows(data / "e2e/test.csv"):
        references[row["mr"]].append(row["ref"])
    tests = sample(references.items(), count)
    return training, [instruction.format(m) for m, _ in tests], [r for _, r in tests], "ROUGE-L"


def factbook_paragraphs(page):
    """Title and paragraphs of a page, each list below the heading that it belongs to."""
    title = page.split("\n", 1)[0].lstrip("# ")
    paragraphs = []
    for text in page.split("\n\n")[1:]:
        text = " ".join(re.sub(r"[*#]+", "", text).split())
        if paragraphs and paragraphs[-1].endswith(":"):
            paragraphs[-1] += " " + text
        elif text:
            paragraphs.append(text)
    return title, paragraphs


def factbook_passage(page, row, length=110):
    """The part of a page that answers the row's question: the paragraph with the answer and the following ones, or None.

    Of several paragraphs with the answer in them (many answers are short numbers) the one is meant that has words of the
    question before it, rare ones counting most; where none has any, the row is left out."""
    title, paragraphs = factbook_paragraphs(page)
    answer = " ".join(row["answer"].split())
    holds = re.compile(r"(?<!\w)" + re.escape(answer) + r"(?!\w)")
    found = [i for i, paragraph in enumerate(paragraphs) if holds.search(paragraph)]
    if not found:
        return None
    asked = set(re.findall(r"[a-z]{4,}", row["question"].lower())) - set(re.findall(r"[a-z]+", title.lower()))
    words_of = [set(re.findall(r"[a-z]+", paragraph.split(answer)[0].lower())) for paragraph in paragraphs]
    shared = {i: sum(1 / sum(word in words for words in words_of) for word in asked & words_of[i]) for i in found}
    best = max(found, key=lambda i: shared[i])
    if len(found) > 1 and not shared[best]:
        return None
    text = paragraphs[best].split()
    if len(text) > length:  # keep the answer inside
        at = len(paragraphs[best][: holds.search(paragraphs[best]).start()].split())
        start = max(0, at - length // 2)
        text = text[start : start + length]
    for other in paragraphs[best + 1 :]:
        if len(text) + len(other.split()) > length:
            break
        text += other.split()
    return f"{title}: {' '.join(text)}"


def factbook(data, count, with_passage):
    """Question on a country → answer, with the passage in the studio's RAG prompt, or without."""
    with zipfile.ZipFile(data / "factbook/corpus.zip") as archive:
        pages = {Path(name).name: archive.read(name).decode("utf-8") for name in archive.namelist() if name.endswith(".md")}
    pairs = []
    for row in sample(json_rows(data / "factbook/questions.jsonl"), 600):
        passage = factbook_passage(pages[row["document"]], row)
        if passage and " ".join(row["answer"].split()) in passage:
            pairs.append((passages_prompt(row["question"], [passage]) if with_passage else row["question"], row["answer"]))
    tests = pairs[: min(count, len(pairs) // 2)]
    return pairs[len(tests) :], [p for p, _ in tests], [[t] for _, t in tests], "exact match"


BENCHMARKS = {
    "dialogsum": dialogsum,
    "clinc150": clinc150,
    "restaurants8k": restaurants8k,
    "restaurants8k, batches of 8": restaurants8k,  # what a browser without a GPU can do, too
    "e2e": e2e,
    "factbook, passage in the prompt": lambda data, count: factbook(data, count, True),
    "factbook, question alone": lambda data, count: factbook(data, count, False),
}


def score(metric, outputs, references):
    """Mean score in percent: the best reference counts. Exact match ignores case and spaces."""
    if metric == "exact match":
        normal = lambda text: " ".join(text.lower().split()).rstrip(".")
        hits = [any(normal(o) == normal(r) for r in refs) for o, refs in zip(outputs, references)]
        return 100 * sum(hits) / len(hits)
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    values = [max(scorer.score(r, o)["rougeL"].fmeasure for r in refs) for o, refs in zip(outputs, references)]
    return 100 * sum(values) / len(values)


def training_order(pairs, steps, batch, grouped=False, seed=0):
    """The pairs of every step, one after the other: passes over all pairs, each in a new order.

    Grouped, every 50 batches of that order are sorted by the length of their rows, longest first, and then come in a random
    order themselves: `group_by_length` of transformers' Trainer, but that there the batches stay sorted."""
    rng, order, picked = random.Random(seed), [], []
    for _ in range(steps):
        if len(order) < batch:
            order = rng.sample(range(len(pairs)), len(pairs))
            if grouped:
                order = grouped_by_length(order, [len(p) + len(t) for p, t in pairs], batch, rng)
        picked += [pairs[order.pop()] for _ in range(batch)]
    return picked


def grouped_by_length(order, lengths, batch, rng, window=50):
    """That order with rows of like length in the same batch, as `training_order` says; whole batches only."""
    batches = []
    for start in range(0, len(order), window * batch):
        rows = sorted(order[start : start + window * batch], key=lambda i: -lengths[i])
        batches += [rows[i : i + batch] for i in range(0, len(rows) - batch + 1, batch)]
    rng.shuffle(batches)
    return [i for rows in batches for i in rows]


# Rows that go through the model at once.
PASS_ROWS = 32


def passes_of(pairs):
    """The pairs of a step in parts of rows of like length. Their gradients add up to the step's, with less padding."""
    pairs = sorted(pairs, key=lambda pair: len(pair[0]))
    return [pairs[start : start + PASS_ROWS] for start in range(0, len(pairs), PASS_ROWS)]


def tokens_of(pairs, tokenizer, device):
    """What the model takes for some pairs, padded; padding is not learned."""
    encoded = tokenizer([p for p, _ in pairs], padding=True, truncation=True, max_length=MAX_INPUT, return_tensors="pt")
    labels = tokenizer([t for _, t in pairs], padding=True, truncation=True, max_length=MAX_TARGET, return_tensors="pt").input_ids
    labels[labels == tokenizer.pad_token_id] = -100
    inputs = dict(input_ids=encoded.input_ids, attention_mask=encoded.attention_mask, labels=labels)
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def warmup_steps(steps):
    """Steps over which the rate rises; then it falls in a straight line, both as in transformers' linear schedule."""
    return round(steps * 0.05)


def tune(model, tokenizer, order, steps, method, rate, dropout=0.0, bf16=False, seed=0):
    """Trains in place with AdamW on the pairs of `training_order`, an adapter with that dropout; products in bf16 if asked.

    Returns the model and the mean loss of the last tenth of the steps."""
    torch.manual_seed(seed)
    if method == "lora":
        settings = dict(task_type="SEQ_2_SEQ_LM", r=RANK, lora_alpha=2 * RANK, lora_dropout=dropout, target_modules=ALL_LINEAR)
        model = get_peft_model(model, LoraConfig(**settings))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimizer, warmup_steps(steps), steps)
    batch, losses = len(order) // steps, []
    model.train()
    for step in range(steps):
        passes = [tokens_of(rows, tokenizer, model.device) for rows in passes_of(order[step * batch : (step + 1) * batch])]
        learned = sum((inputs["labels"] != -100).sum() for inputs in passes)
        step_loss = 0.0
        for inputs in passes:
            with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=bf16):
                loss = model(**inputs).loss * (inputs["labels"] != -100).sum() / learned
            loss.backward()
            step_loss += loss.item()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(step_loss)
    tail = losses[-max(1, steps // 10) :]
    return model, sum(tail) / len(tail)


# What was measured, of the shipped weights, in the repository.
RECORDS = Path(__file__).with_name("benchmarks.json")


def weights_name(model):
    """The beginning of the SHA-256 of a model's weights: records of other weights are not these ones'."""
    return hashlib.sha256((Path(model) / "model.safetensors").read_bytes()).hexdigest()[:16]


def read_records(path, weights):
    """The records of these weights; none where there is no file."""
    path = Path(path)
    records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: kept for key, kept in records.items() if kept.get("weights") == weights}


def keep_records(path, found):
    """Writes what was found among the records that are there by now, in the order of the table: others may be at work too."""
    path = Path(path)
    records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    records.update(found)
    keys = [f"{name} | {arm}{suffix}" for name in BENCHMARKS for suffix in ("", " | graft") for arm in ARMS]
    records = {key: records[key] for key in keys if key in records}
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def record(benchmark, outputs, loss, seconds, weights, bf16=False):
    """What is kept of one benchmark and arm: figures, no text of the benchmark, whose licence it would carry along."""
    training, prompts, references, metric = benchmark
    return {
        "weights": weights, "score": round(score(metric, outputs, references), 1), "metric": metric, "test rows": len(prompts),
        "training rows": len(training), "loss": loss and round(loss, 3), "training seconds": round(seconds[0]),
        "test seconds": round(seconds[1]), **({"products": "bf16"} if bf16 and loss else {}),
    }


def asked(options):
    """Name, content, batch size and LoRA dropout of the benchmarks that are asked for."""
    for name, benchmark in BENCHMARKS.items():
        if not options.only or any(name.startswith(o) for o in options.only):
            content = benchmark(Path(options.data) / "benchmarks", options.rows)
            yield name, content, BATCH.get(name, DEFAULT_BATCH), LORA_DROPOUT.get(name, 0.0)


def run(options):
    """Computes what is asked for and not there yet."""
    weights = weights_name(options.model)
    records = read_records(options.records, weights)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.threads:
        torch.set_num_threads(options.threads)
    for name, benchmark, batch, dropout in asked(options):
        training, prompts = benchmark[:2]
        for arm in options.arms:
            key = f"{name} | {arm}"
            if key in records:
                continue
            steps, method, rate = ARMS[arm]
            started = time.time()
            model = T5ForConditionalGeneration.from_pretrained(options.model, dtype=torch.float32).to(device)
            loss = None
            if steps:
                order = training_order(training, steps, batch, name in GROUPED)
                model, loss = tune(model, tokenizer, order, steps, method, rate, dropout, options.bf16)
            trained = time.time()
            outputs = generate(model, tokenizer, prompts, MAX_NEW)
            seconds = trained - started, time.time() - trained
            records[key] = record(benchmark, outputs, loss, seconds, weights, options.bf16)
            keep_records(options.records, {key: records[key]})
            print(key, records[key], flush=True)
            for output, (reference, *_) in list(zip(outputs, benchmark[2]))[:2]:
                print("   ", reference, "  <-  ", output, flush=True)
    return records


# Graft measures the same: --write puts the tasks into a folder, studio/measure.mjs works on them in a browser, --read scores
# the answers that it leaves there and keeps them beside the others.


def task_name(name, arm):
    """The beginning of the names of a task's files."""
    return f"{name.replace(',', '')} {arm}"


def write_tasks(options):
    """One file per benchmark and arm: pairs in the order of training, settings of the run, test prompts."""
    folder = Path(options.write)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (training, prompts, _, _), batch, dropout in asked(options):
        for arm in options.arms:
            steps, method, rate = ARMS[arm]
            lora = dict(r=RANK, alpha=2 * RANK, dropout=dropout, targets=ALL_LINEAR)
            config = dict(
                method=method or "lora", lora=lora, learningRate=rate, schedule="linear", warmupSteps=warmup_steps(steps),
                batchSize=batch, maxGradNorm=1, weightDecay=0, dropout=0, maxInputTokens=MAX_INPUT,
                maxTargetTokens=MAX_TARGET, validationShare=0, testShare=0, saveSteps=1_000_000,
            )
            task = dict(
                key=f"{name} | {arm}", steps=steps, batch=batch, maxPromptTokens=MAX_PROMPT, maxNewTokens=MAX_NEW,
                config=config if steps else {}, pairs=training_order(training, steps, batch, name in GROUPED), prompts=prompts,
            )
            (folder / f"{task_name(name, arm)}.task.json").write_text(json.dumps(task), encoding="utf-8")


def read_answers(options):
    """Scores Graft's answers; returns all records."""
    weights, found = weights_name(options.model), {}
    for name, benchmark, *_ in asked(options):
        for arm in options.arms:
            file = Path(options.read) / f"{task_name(name, arm)}.answer.json"
            if file.exists():
                answer = json.loads(file.read_text(encoding="utf-8"))
                seconds = answer["trainingSeconds"], answer["testSeconds"]
                found[f"{name} | {arm} | graft"] = record(benchmark, answer["outputs"], answer["loss"], seconds, weights)
    keep_records(options.records, found)
    return read_records(options.records, weights)


def table(records):
    """The records as a Markdown table; Graft's own below those of transformers and peft."""
    lines = ["| benchmark | metric | test rows | " + " | ".join(TITLES.values()) + " |", "|---|---|---:|" + "---:|" * len(TITLES)]
    for name in BENCHMARKS:
        for title, suffix in ((name, ""), (f"{name}, in Graft", " | graft")):
            row = [records.get(f"{name} | {arm}{suffix}") for arm in TITLES]
            if any(row):
                first = next(r for r in row if r)
                cells = [f"{r['score']:.1f}" if r else "not run" for r in row]
                lines.append(f"| {title} | {first['metric']} | {first['test rows']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--records", default=RECORDS, help="file of what was measured")
    parser.add_argument("--model", default=OUTPUT)
    parser.add_argument("--only", nargs="*", help="benchmarks, by the beginning of their names")
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=ARMS)
    parser.add_argument("--rows", type=int, default=500, help="test rows per benchmark")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--bf16", action="store_true", help="train with products in bf16 (autocast); answers are made in f32")
    parser.add_argument("--write", help="only write tasks for studio/measure.mjs into this folder")
    parser.add_argument("--read", help="only score what studio/measure.mjs left in this folder")
    options = parser.parse_args()
    if options.write:
        write_tasks(options)
    else:
        print(table(read_answers(options) if options.read else run(options)))
