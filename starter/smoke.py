"""Runs the whole recipe in small, in about two minutes: vocabulary, rows, training, export, loading, text.

    python smoke.py

The result is useless as a model; the run shows that everything works on this machine."""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from transformers import AutoTokenizer, T5ForConditionalGeneration

import export
import pack
import train
import vocabulary
from generate import generate
from settings import DATA, PAD, VOCAB


def smoke(data, work, minutes):
    """Raises an error if a step fails or the loss does not fall."""
    tokenizer = vocabulary.build(data, work, characters=6_000_000)
    assert tokenizer.get_vocab_size() == VOCAB
    pack.build(tokenizer, data, work, pretraining=1500, instructions=4000, copying=1500, lookup=1500)
    model = train.train(work, minutes, rows_per_batch=8, compiled=False, log_every=5)
    losses = [json.loads(line)["loss"] for line in (Path(work) / "curve.jsonl").read_text().splitlines()]
    print("loss", losses)
    assert len(losses) > 1 and losses[-1] < losses[0], "the loss did not fall"

    output = Path(work) / "exported"
    export.export(model, Path(work) / "tokenizer.json", output)
    loaded = T5ForConditionalGeneration.from_pretrained(output, dtype=torch.float32)
    text = "Summarize: the cat sat on the mat."
    ids = AutoTokenizer.from_pretrained(output)(text, return_tensors="pt").input_ids
    assert ids[0].tolist() == tokenizer.encode(text).ids
    start = torch.tensor([[PAD]])
    with torch.no_grad():
        model.eval()
        before = model(input_ids=ids, decoder_input_ids=start).logits
        after = loaded(input_ids=ids, decoder_input_ids=start).logits
    difference = (before - after).abs().max().item()
    print(f"largest difference of a logit after rounding to half precision: {difference:.4f}")
    assert difference < 0.1
    print("output:", generate(loaded, AutoTokenizer.from_pretrained(output), [text], 16))
    print("smoke run passed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--work", help="a folder to keep; a temporary one is used without it")
    parser.add_argument("--minutes", type=float, default=1.0, help="training time")
    options = parser.parse_args()
    if options.work:
        smoke(options.data, options.work, options.minutes)
    else:
        with tempfile.TemporaryDirectory() as folder:
            smoke(options.data, folder, options.minutes)
