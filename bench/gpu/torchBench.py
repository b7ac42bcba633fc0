"""PyTorch's side of `npm run bench:gpu`: the same shapes and batches with transformers and peft on the same card.

    pip install "torch>=2.5" "transformers>=4.46" "peft>=0.13"
    python bench/gpu/torchBench.py --out torch.json          # --quick: tiny shapes, also without a GPU
    npm run bench:gpu -- --torch torch.json

Variants: eager float32, float32 with TF32 products, bfloat16 autocast, and each of them compiled. Weights are random:
times do not depend on them. Writes {"device", "versions", "peakGflops", "rows": [{name, unit, variant, value}]}.
"""

import argparse
import json
import statistics
import time
from contextlib import nullcontext

import peft
import torch
import transformers

COMMON = dict(d_kv=64, relative_attention_num_buckets=32, relative_attention_max_distance=128, dropout_rate=0.0)
FLAN = dict(COMMON, vocab_size=32128, feed_forward_proj="gated-gelu", tie_word_embeddings=False)
MODELS = {
    "tiny": dict(COMMON, d_kv=8, d_model=16, d_ff=32, num_heads=2, num_layers=1, num_decoder_layers=1, vocab_size=96,
                 feed_forward_proj="gated-gelu", tie_word_embeddings=True),
    "starter": dict(COMMON, d_model=256, d_ff=832, num_heads=4, num_layers=6, num_decoder_layers=4, vocab_size=8192,
                    feed_forward_proj="gated-gelu", tie_word_embeddings=True),
    "flan-t5-small": dict(FLAN, d_model=512, d_ff=1024, num_heads=6, num_layers=8, num_decoder_layers=8),
    "flan-t5-base": dict(FLAN, d_model=768, d_ff=2048, num_heads=12, num_layers=12, num_decoder_layers=12),
}
PRODUCTS = [512, 1024, 2048, 4096]
STEPS = [
    ("starter", "lora", 8, 256, 64),
    ("starter", "full", 8, 256, 64),
    ("flan-t5-small", "lora", 8, 256, 64),
    ("flan-t5-small", "full", 8, 256, 64),
    ("flan-t5-base", "lora", 4, 256, 64),
    ("flan-t5-base", "lora", 8, 512, 128),
]
# Of the adapters; 16 for the others.
RANK = {"flan-t5-base": 32}
QUICK_STEPS = [("tiny", "lora", 2, 8, 4), ("tiny", "full", 2, 8, 4)]


def full_batch(vocab_size, size, input_length, label_length, device):
    """As `fullBatch` in src/training/repeatedStep.ts: the same ids."""

    def ids(count, salt):
        return [2 + (i * 7919 + salt) % (vocab_size - 2) for i in range(count)]

    inputs = torch.tensor(ids(size * input_length, 5), device=device).view(size, input_length)
    labels = torch.tensor(ids(size * label_length, 13), device=device).view(size, label_length)
    return dict(input_ids=inputs, attention_mask=torch.ones_like(inputs), labels=labels)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def median_ms(run, rounds, device):
    for _ in range(3):
        run()
    times = []
    for _ in range(rounds):
        wait(device)
        started = time.perf_counter()
        run()
        wait(device)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def measure_step(name, method, size, input_length, label_length, autocast, compiled, rounds, device):
    """One step as Graft's: forward, backward, clipping at 1, AdamW, the loss read back."""
    torch.manual_seed(0)
    config = transformers.T5Config(**MODELS[name], decoder_start_token_id=0, use_cache=False)
    model = transformers.T5ForConditionalGeneration(config).to(device)
    if method == "lora":
        lora = peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=RANK.get(name, 16), lora_alpha=32, lora_dropout=0.0, target_modules=["q", "v"])
        model = peft.get_peft_model(model, lora)
    model.train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=3e-4, weight_decay=0.0)
    batch = full_batch(config.vocab_size, size, input_length, label_length, device)
    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16) if autocast else nullcontext():
            loss = forward(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.item()

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    ms = median_ms(step, rounds, device)
    peak = torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else None
    return ms, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peak-gflops", type=float, help="the card's float32 peak, from its data sheet")
    asked = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not asked.quick:
        raise SystemExit("There is no CUDA device; --quick tries the script without one.")
    rounds = 1 if asked.quick else 9
    rows = []

    variants = [("eager f32", False, False, False)]
    if device == "cuda":
        variants += [
            ("eager TF32", True, False, False),
            ("eager bf16", True, True, False),
            ("compiled f32", False, False, True),
            ("compiled TF32", True, False, True),
            ("compiled bf16", True, True, True),
        ]
    for variant, tf32, autocast, compiled in variants:
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        if not compiled:
            dtype = torch.bfloat16 if autocast else torch.float32
            for side in [64] if asked.quick else PRODUCTS:
                a, b = (torch.rand(side, side, device=device, dtype=dtype) for _ in range(2))

                def ten_products(a=a, b=b):
                    for _ in range(10):
                        a @ b

                ms = median_ms(ten_products, rounds, device)
                rows.append(dict(name=f"matmul {side}³", unit="GFLOP/s", variant=variant, value=20 * side**3 / (ms * 1e6)))
        for name, method, size, input_length, label_length in QUICK_STEPS if asked.quick else STEPS:
            ms, peak = measure_step(name, method, size, input_length, label_length, autocast, compiled, rounds, device)
            title = f"{method} step, {name} {size}x{input_length}/{label_length}"
            tokens = size * (input_length + label_length)
            rows.append(dict(name=title, unit="ms", variant=variant, value=ms))
            rows.append(dict(name=title, unit="tokens/s", variant=variant, value=1000 * tokens / ms))
            if peak is not None:
                rows.append(dict(name=title, unit="MB", variant=variant, value=peak))
            print(f"{variant}: {title}: {ms:.1f} ms", flush=True)

    report = dict(
        device=torch.cuda.get_device_name() if device == "cuda" else "CPU",
        versions={module.__name__: module.__version__ for module in (torch, transformers, peft)},
        peakGflops=asked.peak_gflops,
        rows=rows,
    )
    with open(asked.out, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    main()
