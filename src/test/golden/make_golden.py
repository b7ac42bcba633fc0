"""Golden numbers for the engine's tests, computed by PyTorch, transformers and peft on two tiny T5 models.

Command:   python src/test/golden/make_golden.py
Versions:  torch 2.15.0, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0, numpy 2.4.6 (all from PyPI)

`relu`  is a T5 v1.0: ReLU, tied output layer with scaled decoder states, 1 + 2 layers.
`gated` is a T5 v1.1/FLAN: gated GELU, own lm_head, 2 + 2 layers.
For each: <flavour>/config.json, model.safetensors, golden.safetensors (inputs, encoder states, logits, gradients),
golden.json (losses, generated ids), adapter/ (written by peft). Beside them schedules.json and buckets.json.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import peft
import torch
import transformers
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration, get_scheduler
from transformers.models.t5.modeling_t5 import T5Attention

HERE = Path(__file__).resolve().parent
PAD, EOS, IGNORE = 0, 1, -100
VOCAB, STEPS, RATE, DECAY = 56, 10, 1e-2, 0.1

COMMON = dict(
    vocab_size=VOCAB,
    d_model=16,
    d_kv=4,
    num_heads=3,
    d_ff=24,
    relative_attention_num_buckets=8,
    relative_attention_max_distance=10,
    layer_norm_epsilon=1e-6,
    dropout_rate=0.1,
    pad_token_id=PAD,
    eos_token_id=EOS,
    decoder_start_token_id=PAD,
)
FLAVOURS = {
    "relu": dict(feed_forward_proj="relu", num_layers=1, num_decoder_layers=2, tie_word_embeddings=True),
    "gated": dict(feed_forward_proj="gated-gelu", num_layers=2, num_decoder_layers=2, tie_word_embeddings=False),
}
TARGETS = {"relu": ["q", "v", "wi"], "gated": ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]}


def new_model(flavour, seed):
    """A model whose weights are normal numbers large enough that attention and logits are far from uniform."""
    options = FLAVOURS[flavour]
    model = T5ForConditionalGeneration(T5Config(**COMMON, **options))
    model.config._attn_implementation = "eager"
    if not options["tie_word_embeddings"]:
        model.lm_head.weight = torch.nn.Parameter(torch.empty(VOCAB, COMMON["d_model"]))
    random = np.random.RandomState(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            values = random.standard_normal(tuple(parameter.shape))
            if name == "decoder.final_layer_norm.weight" and options["tie_word_embeddings"]:
                values = 1.5 * values  # signs of both kinds, else a tied model repeats its input token for ever
            elif "layer_norm" in name:
                values = 1 + 0.2 * values
            elif name == "shared.weight":
                values = values * 1.0
            elif "relative_attention_bias" in name:
                values = values * 0.5
            elif name == "lm_head.weight":
                values = values * 0.5
            else:
                values = values * 0.4
            parameter.copy_(torch.tensor(values, dtype=torch.float32))
    return model.eval()


def new_batch():
    """Three rows of different lengths, padded on both sides."""
    random = np.random.RandomState(7)
    inputs, labels = torch.full((3, 12), PAD), torch.full((3, 7), IGNORE)
    for row, (input_length, label_length) in enumerate([(12, 4), (5, 7), (9, 2)]):
        inputs[row, : input_length - 1] = torch.tensor(random.randint(3, VOCAB, input_length - 1))
        inputs[row, input_length - 1] = EOS
        labels[row, : label_length - 1] = torch.tensor(random.randint(3, VOCAB, label_length - 1))
        labels[row, label_length - 1] = EOS
    return dict(input_ids=inputs, attention_mask=(inputs != PAD).long(), labels=labels)


def decays(name):
    """Which parameters the Trainer decays: all but norms and anything called a bias."""
    return "layer_norm" not in name and "bias" not in name


def ten_losses(model, batch):
    """Ten optimizer steps in the Trainer's order: backward, clip, optimizer, scheduler. Losses and gradient norms."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    groups = [
        dict(params=[p for n, p in named if decays(n)], weight_decay=DECAY),
        dict(params=[p for n, p in named if not decays(n)], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.999), eps=1e-8)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=2, num_training_steps=STEPS)
    losses, norms = [], []
    for _ in range(STEPS):
        loss = model(**batch).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0)))
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return dict(losses=losses, norms=norms)


def greedy(model, batch):
    """Greedy ids without the start token, up to and without </s>; and the smallest lead of a chosen token."""
    result = model.generate(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        max_new_tokens=12,
        do_sample=False,
        num_beams=1,
        use_cache=False,  # transformers sizes the cache by num_layers, not by num_decoder_layers
        output_logits=True,
        return_dict_in_generate=True,
    )
    rows = []
    for row in result.sequences[:, 1:].tolist():
        rows.append(row[: row.index(EOS)] if EOS in row else row)
    lead = min(float((t[:, 0] - t[:, 1]).min()) for t in (x.topk(2, dim=-1).values for x in result.logits))
    return rows, lead


def pick_model(flavour):
    """The first seed whose greedy output has a row that ends early, a row that does not, and no close calls."""
    batch = new_batch()
    for seed in range(1, 20000):
        model = new_model(flavour, seed)
        rows, lead = greedy(model, batch)
        lengths = sorted(len(row) for row in rows)
        varied = all(len(set(row)) >= min(4, len(row)) for row in rows)
        if 2 <= lengths[0] < 12 and lengths[-1] == 12 and varied and lead > 0.01:
            print(flavour, "seed", seed, "lead", lead, rows)
            return seed, rows
    raise SystemExit(f"no seed found for {flavour}")


def gradients(model):
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_flavour(flavour):
    folder = HERE / flavour
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seed, generated = pick_model(flavour)
    batch = new_batch()
    model = new_model(flavour, seed)
    tensors = {n: p.detach().clone() for n, p in model.named_parameters()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], **COMMON, **FLAVOURS[flavour]}
    write_json(folder / "config.json", config)

    output = model(**batch)
    output.loss.backward()
    golden = {
        "input_ids": batch["input_ids"].int(),
        "attention_mask": batch["attention_mask"].int(),
        "labels": batch["labels"].int(),
        "decoder_input_ids": model._shift_right(batch["labels"]).int(),
        "encoder_states": output.encoder_last_hidden_state.detach(),
        "logits": output.logits.detach(),
    }
    golden |= {f"gradient.{n}": g for n, g in gradients(model).items()}
    numbers = {
        "versions": {m.__name__: m.__version__ for m in (torch, transformers, peft, np)},
        "seed": seed,
        "loss": float(output.loss.detach()),
        "generated": generated,
        "full": ten_losses(new_model(flavour, seed), batch),
    }

    # LoRA: B is not zero, so that A has gradients too; alpha differs from r, so that the scaling shows.
    lora = peft.LoraConfig(r=2, lora_alpha=6, target_modules=TARGETS[flavour], lora_dropout=0.0, task_type="SEQ_2_SEQ_LM")
    tuned = peft.get_peft_model(new_model(flavour, seed), lora, low_cpu_mem_usage=False).eval()
    random = np.random.RandomState(11)
    with torch.no_grad():
        for name, parameter in sorted(tuned.named_parameters()):
            if "lora_" in name:
                parameter.copy_(torch.tensor(0.1 * random.standard_normal(tuple(parameter.shape)), dtype=torch.float32))
    tuned.peft_config["default"].base_model_name_or_path = f"tiny-{flavour}"
    tuned.peft_config["default"].target_modules = TARGETS[flavour]  # a set otherwise, written in any order
    tuned.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink()
    output = tuned(**batch)
    output.loss.backward()
    golden["lora.logits"] = output.logits.detach()
    golden |= {
        "lora.gradient." + n.removeprefix("base_model.model.").replace(".default", ""): g for n, g in gradients(tuned).items()
    }
    numbers["lora_loss"] = float(output.loss.detach())
    tuned.zero_grad()
    numbers["lora_generated"] = greedy(tuned, batch)[0]
    numbers["lora"] = ten_losses(peft.PeftModel.from_pretrained(new_model(flavour, seed), folder / "adapter", is_trainable=True).eval(), batch)
    merged = peft.PeftModel.from_pretrained(new_model(flavour, seed), folder / "adapter").merge_and_unload()
    module = "decoder.block.1.layer.1.EncDecAttention.q.weight"
    golden["merged." + module] = dict(merged.named_parameters())[module].detach()
    save_file({n: t.contiguous() for n, t in golden.items()}, folder / "golden.safetensors", metadata={"format": "pt"})
    write_json(folder / "golden.json", numbers)
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)


def write_schedules():
    cases = []
    for name in ("linear", "cosine", "constant_with_warmup", "inverse_sqrt"):
        for warmup, total in ((0, 10), (3, 10), (10, 10), (1, 1), (4, 37)):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total)
            factors = []
            for _ in range(total):
                factors.append(scheduler.get_last_lr()[0])
                optimizer.step()
                scheduler.step()
            cases.append(dict(schedule=name.removesuffix("_with_warmup"), warmupSteps=warmup, totalSteps=total, factors=factors))
    write_json(HERE / "schedules.json", cases)


def write_buckets():
    cases = []
    for buckets, distance in ((32, 128), (8, 10)):
        for bidirectional in (True, False):
            relative = torch.arange(-600, 601)
            bucket = T5Attention._relative_position_bucket(relative, bidirectional, buckets, distance)
            cases.append(dict(buckets=buckets, maxDistance=distance, bidirectional=bidirectional, first=-600, values=bucket.tolist()))
    (HERE / "buckets.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for flavour in FLAVOURS:
        write_flavour(flavour)
    write_schedules()
    write_buckets()
