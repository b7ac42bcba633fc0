"""Runs of transformers' Seq2SeqTrainer, with and without peft, written down for Graft to repeat step by step.

T5 in this version of transformers accepts `num_items_in_batch` but does not divide by it, so that accumulated losses would be
summed instead of averaged; an accumulating run gives the Trainer a loss function that does divide. Label smoothing divides
by itself.
"""

import json
import tempfile
from pathlib import Path

import peft
import torch
import transformers
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments, T5Config, T5ForConditionalGeneration
from transformers.optimization import Adafactor, AdafactorSchedule
from transformers.trainer_callback import PrinterCallback

PAD, EOS, IGNORE = 0, 1, -100

T5_ADAFACTOR = dict(scalesByParameter=True, isRelativeStep=True, hasWarmupInit=True, clipThreshold=1.0)
FIXED_ADAFACTOR = dict(scalesByParameter=False, isRelativeStep=False, hasWarmupInit=False, clipThreshold=1.0)
COMMON = dict(
    optimizer="adamw", adafactor=T5_ADAFACTOR, learningRate=1e-2, schedule="linear", warmupSteps=0, epochs=3, maxSteps=0,
    batchSize=4, gradientAccumulationSteps=1, maxGradNorm=1, weightDecay=0, dropout=0, maxInputTokens=14,
    maxTargetTokens=9, padsToMaxLength=False, countsPadding=False, labelSmoothing=0,
)  # fmt: skip


class Collator:
    """Pads as DataCollatorForSeq2Seq, or to the limits; remembers which rows it was given."""

    def __init__(self, config):
        self.config, self.order = config, []

    def __call__(self, rows):
        self.order.append([row["index"] for row in rows])
        config = self.config
        input_length = max(len(row["input"]) for row in rows)
        label_length = max(len(row["label"]) for row in rows)
        if config["padsToMaxLength"]:
            input_length, label_length = config["maxInputTokens"], config["maxTargetTokens"]
        label_pad = PAD if config["countsPadding"] else IGNORE
        labels = torch.tensor([row["label"] + [label_pad] * (label_length - len(row["label"])) for row in rows])
        shifted = torch.cat([torch.full((len(rows), 1), PAD), labels[:, :-1]], dim=1)  # 0 also starts the decoder
        return dict(
            input_ids=torch.tensor([row["input"] + [PAD] * (input_length - len(row["input"])) for row in rows]),
            attention_mask=torch.tensor([[1] * len(row["input"]) + [0] * (input_length - len(row["input"])) for row in rows]),
            decoder_input_ids=shifted.masked_fill(shifted == IGNORE, PAD),
            labels=labels,
        )


class Recorder(Seq2SeqTrainer):
    """Keeps the exact loss of every pass, and where padding is learned also the loss without it."""

    passes, masked = (), ()

    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        labels = inputs["labels"]
        loss, outputs = super().compute_loss(model, inputs, return_outputs=True, **kwargs)
        self.passes = [*self.passes, float(loss.detach())]
        words = labels.masked_fill(labels == PAD, IGNORE)
        self.masked = [*self.masked, float(cross_entropy(outputs["logits"].detach().flatten(0, 1), words.flatten()))]
        return (loss, outputs) if return_outputs else loss


def mean_over_all(outputs, labels, num_items_in_batch=None):
    logits = outputs["logits"]
    return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum") / num_items_in_batch


def arguments(config, folder, seed):
    return Seq2SeqTrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=config["batchSize"],
        gradient_accumulation_steps=config["gradientAccumulationSteps"],
        num_train_epochs=config["epochs"],
        max_steps=config["maxSteps"] or -1,
        learning_rate=config["learningRate"],
        lr_scheduler_type={"constant": "constant_with_warmup"}.get(config["schedule"], config["schedule"]),
        warmup_steps=config["warmupSteps"],
        weight_decay=config["weightDecay"],
        adam_beta1=config.get("adamBeta1", 0.9),
        adam_beta2=config.get("adamBeta2", 0.999),
        adam_epsilon=config.get("adamEpsilon", 1e-8),
        max_grad_norm=config["maxGradNorm"],
        label_smoothing_factor=config["labelSmoothing"],
        optim="adamw_torch" if config["optimizer"] == "adamw" else "adafactor",
        logging_steps=1,
        save_strategy="steps",  # once, after the last step
        save_steps=500,
        save_only_model=True,
        report_to=[],
        remove_unused_columns=False,
        use_cpu=True,
        disable_tqdm=True,
        seed=seed,
    )


def adafactor_of(trainer, config):
    """Adafactor with the settings that `optim="adafactor"` cannot express, in the Trainer's decay groups."""
    settings = config["adafactor"]
    names = trainer.get_decay_parameter_names(trainer.model)
    named = [(n, p) for n, p in trainer.model.named_parameters() if p.requires_grad]
    groups = [
        dict(params=[p for n, p in named if n in names], weight_decay=config["weightDecay"]),
        dict(params=[p for n, p in named if n not in names], weight_decay=0.0),
    ]
    return Adafactor(
        [group for group in groups if group["params"]],
        lr=None if settings["isRelativeStep"] else config["learningRate"],
        scale_parameter=settings["scalesByParameter"],
        relative_step=settings["isRelativeStep"],
        warmup_init=settings["hasWarmupInit"],
        clip_threshold=settings["clipThreshold"],
        decay_rate=settings.get("decayRate", -0.8),
    )


def file_names(model):
    """Trained parameters under the names that files have."""
    strip = lambda name: name.removeprefix("base_model.model.").replace(".default", "")
    return {strip(n): p.detach().clone().contiguous() for n, p in model.named_parameters() if p.requires_grad}


def write_run(folder, model_folder, config, rows, seed=42, dtype=torch.float32):
    """
    Trains `model_folder` on rows ({"input": ids, "label": ids}) and writes into `folder`: run.json (settings under Graft's
    names, all rows, the rows of every batch in order, loss, gradient norm and rate of every step, TrainOutput and
    trainer_state.json), initial.safetensors (the adapter before the first step; none in full training) and
    final.safetensors (every trained parameter after the last). Returns the content of run.json. With float64 as `dtype`
    everything is computed in double precision, the norms aside: transformers has those in float32.
    """
    transformers.set_seed(seed)
    model_config = T5Config.from_pretrained(model_folder, dropout_rate=0.0)
    model = T5ForConditionalGeneration.from_pretrained(model_folder, config=model_config, dtype=dtype)
    folder.mkdir(parents=True, exist_ok=True)
    if config["method"] == "lora":
        lora = config["lora"]
        model = peft.get_peft_model(
            model,
            peft.LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], target_modules=lora["targets"], lora_dropout=0.0, task_type="SEQ_2_SEQ_LM"),
        )
        save_file(file_names(model), folder / "initial.safetensors", metadata={"format": "pt"})
    model.to(dtype)
    collator = Collator(config)
    dataset = [dict(index=i, **row) for i, row in enumerate(rows)]
    accumulates = config["gradientAccumulationSteps"] > 1
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Recorder(
            model=model,
            args=arguments(config, scratch, seed),
            train_dataset=dataset,
            data_collator=collator,
            compute_loss_func=mean_over_all if accumulates and config["labelSmoothing"] == 0 else None,
        )
        if config["optimizer"] == "adafactor" and config["adafactor"] != FIXED_ADAFACTOR:
            trainer.optimizer = adafactor_of(trainer, config)
            if config["adafactor"]["isRelativeStep"]:
                trainer.lr_scheduler = AdafactorSchedule(trainer.optimizer)
        trainer.remove_callback(PrinterCallback)  # it would take total_flos out of TrainOutput
        output = trainer.train()
        trainer.save_state()
        state = json.loads((Path(scratch) / "trainer_state.json").read_text())
    save_file(file_names(model), folder / "final.safetensors", metadata={"format": "pt"})
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    steps = state["log_history"][:-1]
    numbers = dict(
        versions={m.__name__: m.__version__ for m in (torch, transformers, peft)},
        config=config,
        rows=rows,
        order=collator.order,
        passLosses=trainer.passes,
        maskedLosses=trainer.masked if config["countsPadding"] else None,
        gradNorms=[step["grad_norm"] for step in steps],
        learningRates=[step["learning_rate"] for step in steps],
        trainOutput=dict(global_step=output.global_step, training_loss=output.training_loss, metrics=output.metrics),
        trainerState=state,
    )
    (folder / "run.json").write_text(json.dumps(numbers, separators=(",", ":")) + "\n")
    return numbers
