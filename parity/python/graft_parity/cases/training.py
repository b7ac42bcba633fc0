"""Runs of transformers' Seq2SeqTrainer, with and without peft, on the CPU in float32: Graft repeats every step of them.

Two long runs train the bundled model on 125 rows of DialogSum (without that, on the repository's own support chats): 160 steps
of LoRA and 50 of full training. Short runs on odd small shapes go through every optimizer, schedule and setting, with
numbers that the seed decides.
"""

import csv
import json
import logging
import random as standard_random
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers.trainer_callback import TrainerState

from graft_parity.options import Options, line
from graft_parity.recorded_run import COMMON, EOS, FIXED_ADAFACTOR, T5_ADAFACTOR, write_run
from graft_parity.t5_models import empty_model, load_starter, randomise, save_model, tiny_shape

ROWS = 125
LONG = {**COMMON, "batchSize": 8, "maxInputTokens": 64, "maxTargetTokens": 16}
LONG_RUNS = {
    "LoRA": {**LONG, "method": "lora", "lora": dict(r=32, alpha=32, dropout=0, targets=["q", "v"]), "learningRate": 1e-3, "epochs": 10, "warmupSteps": 16},
    "full": {**LONG, "method": "full", "learningRate": 1e-4, "maxSteps": 50},
}


def short_runs(random: np.random.RandomState) -> dict[str, dict]:
    """Every optimizer, schedule and setting; numbers by the seed."""
    between = lambda low, high: round(float(random.uniform(low, high)), 3)
    whole = lambda low, high: int(random.randint(low, high + 1))
    rate = lambda: float(10 ** random.uniform(-3.3, -2.3))
    lora = lambda: dict(method="lora", lora=dict(r=whole(1, 5), alpha=whole(2, 9), dropout=0, targets=["q", "v", "wo"]))
    full = dict(method="full")
    steps = lambda: dict(epochs=whole(2, 3), warmupSteps=whole(0, 4), batchSize=whole(2, 5))
    accumulated = lambda: dict(gradientAccumulationSteps=whole(2, 4))
    betas = dict(adamBeta1=between(0.8, 0.95), adamBeta2=between(0.95, 0.999), adamEpsilon=1e-7)
    relative = dict(scalesByParameter=bool(random.randint(2)), isRelativeStep=True, hasWarmupInit=False)
    counted = dict(countsPadding=True, padsToMaxLength=True)
    adafactor = dict(optimizer="adafactor")
    runs = {
        "AdamW linear, LoRA, clipped": lora() | dict(weightDecay=between(0.05, 0.3), maxGradNorm=between(0.1, 2), warmupSteps=3),
        "AdamW cosine, accumulated": full | accumulated() | dict(schedule="cosine", weightDecay=between(0.05, 0.3)),
        "AdamW constant, LoRA, padding counted": lora() | counted | dict(schedule="constant", warmupSteps=whole(1, 4)),
        "AdamW inverse root, smoothed": full | betas | dict(schedule="inverse_sqrt", labelSmoothing=between(0.05, 0.3)),
        "AdamW accumulated, LoRA, smoothed": lora() | accumulated() | dict(labelSmoothing=between(0.05, 0.3), maxGradNorm=0),
        "AdamW accumulated, padding counted": full | counted | accumulated() | dict(maxGradNorm=between(0.1, 2)),
        "Adafactor as T5 has it": full | adafactor | dict(adafactor=T5_ADAFACTOR, weightDecay=between(0.01, 0.1)),
        "Adafactor relative, LoRA": lora() | adafactor | dict(adafactor={**relative, "clipThreshold": between(0.1, 1.5)}, maxSteps=whole(8, 12)),
        "Adafactor fixed rate, LoRA": lora() | adafactor | dict(adafactor=FIXED_ADAFACTOR, schedule="cosine"),
        "Adafactor fixed rate, scaled": full | adafactor | dict(
            adafactor={**FIXED_ADAFACTOR, "scalesByParameter": True, "decayRate": between(-0.9, -0.6)}, weightDecay=between(0.01, 0.1),
        ),
    }  # fmt: skip
    return {name: {**COMMON, **steps(), "learningRate": rate(), **run} for name, run in runs.items()}


def random_rows(random: np.random.RandomState, config: dict, vocabulary: int) -> list[dict]:
    """Rows of any length: three steps or more an epoch, the last batch not full."""
    batch = config["batchSize"]
    count = batch * config["gradientAccumulationSteps"] * random.randint(2, 4) + random.randint(1, batch)
    ids = lambda longest: [*random.randint(3, vocabulary, random.randint(0, longest)).tolist(), EOS]
    return [dict(input=ids(config["maxInputTokens"]), label=ids(config["maxTargetTokens"])) for _ in range(count)]


def text_rows(options: Options) -> list[tuple[str, str]]:
    """Dialogues with their summaries, drawn by the seed."""
    file = options.data / "benchmarks/dialogsum/train.csv" if options.data else None
    columns = ("dialogue", "summary")
    if file is None or not file.exists():
        file, columns = options.repository / "public/samples/support-chats.csv", ("chat", "summary")
        print(f"DialogSum is not in the data folder; the long runs train on {file.name}")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [tuple(row[column] for column in columns) for row in csv.DictReader(lines)]
    return standard_random.Random(options.seed).sample(rows, ROWS)


def long_rows(options: Options, starter: Path) -> list[dict]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(starter / "tokenizer.json"))
    ids = lambda text, limit: [*tokenizer.encode(text, add_special_tokens=False).ids[: limit - 1], EOS]
    prompt = "Summarize the following conversation.\n\n{}\n\nSummary: "
    return [
        dict(input=ids(prompt.format(dialogue), LONG["maxInputTokens"]), label=ids(summary, LONG["maxTargetTokens"]))
        for dialogue, summary in text_rows(options)
    ]


def make(folder: Path, options: Options) -> None:
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    random = np.random.RandomState(options.seed)
    runs = []
    for number, (name, config) in enumerate(short_runs(random).items()):
        shape = tiny_shape(random)
        model = empty_model(shape)
        randomise(model, random, torch.float32)
        save_model(folder / f"model {number}", model, shape, torch.float32)
        write_run(folder / f"run {number}", folder / f"model {number}", config, random_rows(random, config, shape["vocab_size"]), options.seed)
        runs.append(dict(name=name, folder=f"run {number}", model=f"model {number}"))
    if not options.quick:
        starter, shape, starter_folder = load_starter(options)
        save_model(folder / "starter", starter, shape, torch.float32)
        rows = long_rows(options, starter_folder)
        for name, config in LONG_RUNS.items():
            run = write_run(folder / name, folder / "starter", config, rows, options.seed)
            steps = run["trainOutput"]["global_step"]
            runs.append(dict(name=f"starter, {name}, {steps} steps", folder=name, model="starter"))
    (folder / "runs.json").write_text(json.dumps(runs))


def check(folder: Path, options: Options) -> list[dict]:
    """The files that Graft puts beside an adapter, read by transformers."""
    lines = []
    for run in json.loads((folder / "runs.json").read_text()):
        theirs = TrainerState(**json.loads((folder / run["folder"] / "run.json").read_text())["trainerState"])
        ours = TrainerState.load_from_json(str(folder / "ours" / run["folder"] / "trainer_state.json"))
        log = (folder / "ours" / run["folder"] / "trainer_log.jsonl").read_text()
        logged = [json.loads(text) for text in log.splitlines()]
        facts = lambda state: (state.global_step, state.max_steps, state.epoch, state.total_flos, len(state.log_history))
        differing = sum(one != other for one, other in zip(facts(ours), facts(theirs))) + (logged != ours.log_history)
        lines.append(line(f"{run['name']}: files read by TrainerState", differing, 0, differing, 0))
    return lines
