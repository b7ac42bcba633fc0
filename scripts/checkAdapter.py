"""Loads an adapter or a merged model written by Graft in Python and compares its logits with those that Graft computed.

Usage:   python scripts/checkAdapter.py BASE ADAPTER CASES [--tolerance 1e-4]

BASE      folder of the base model (config.json, model.safetensors)
ADAPTER   folder with adapter_config.json and adapter_model.safetensors, or the .zip that the page downloads; a folder or
          .zip with config.json instead is a merged model, which transformers loads without peft and without BASE
CASES     JSON: a list of {"input_ids": [[...]], "attention_mask": [[...]], "decoder_input_ids": [[...]],
          "logits": nested list [B][T][V], "generated": [[...]] (optional, greedy ids without start token and </s>)}

Ends with 0 if all logits agree within the tolerance, with 1 if not, with 77 if torch, transformers or peft is missing.
Made with torch 2.15.0, transformers 5.23.0, peft 0.21.2 from PyPI; any peft from 0.10 on should do.
"""

import argparse
import json
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

try:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
except ImportError as error:
    print(f"skipped: {error}. Install torch, transformers and peft to run this check.")
    sys.exit(77)


def load(base, adapter):
    """The base model with the adapter, or a merged model. Keys that would be dropped silently are an error here."""
    if not (adapter / "adapter_config.json").exists():
        AutoTokenizer.from_pretrained(adapter)
        merged, found = AutoModelForSeq2SeqLM.from_pretrained(adapter, torch_dtype=torch.float32, output_loading_info=True)
        if found["missing_keys"] or found["unexpected_keys"] or found["mismatched_keys"]:
            sys.exit(f"transformers reports: {found}")
        return merged.eval()
    model = AutoModelForSeq2SeqLM.from_pretrained(base, torch_dtype=torch.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuned = PeftModel.from_pretrained(model, adapter)
    missing = [str(w.message) for w in caught if "missing adapter keys" in str(w.message)]
    if missing:
        sys.exit(f"peft reports: {missing[0][:500]}")
    return tuned.eval()


def largest_difference(model, case):
    """Largest difference of any logit of a case."""
    names = ("input_ids", "attention_mask", "decoder_input_ids")
    inputs = {name: torch.tensor(case[name]) for name in names if name in case}
    with torch.no_grad():
        logits = model(**inputs).logits
    ours = torch.tensor(case["logits"], dtype=torch.float32)
    if ours.shape != logits.shape:
        sys.exit(f"logits are {list(logits.shape)} in peft and {list(ours.shape)} here")
    return float((ours - logits).abs().max()), float(logits.abs().max())


def same_text(model, case):
    """Whether greedy generation gives the ids of the case."""
    longest = max(len(row) for row in case["generated"])
    options = dict(max_new_tokens=longest, do_sample=False, num_beams=1, use_cache=False)
    inputs = {name: torch.tensor(case[name]) for name in ("input_ids", "attention_mask") if name in case}
    found = model.generate(**inputs, **options)[:, 1:].tolist()
    eos = model.config.eos_token_id
    return [row[: row.index(eos)] if eos in row else row for row in found] == case["generated"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        adapter = arguments.adapter
        if adapter.suffix == ".zip":
            zipfile.ZipFile(adapter).extractall(folder)
            names = ("adapter_config.json", "config.json")
            adapter = next(file.parent for name in names for file in Path(folder).rglob(name))
        model = load(arguments.base, adapter)
    failed = 0
    for number, case in enumerate(json.loads(arguments.cases.read_text()), start=1):
        difference, largest = largest_difference(model, case)
        agrees = difference <= arguments.tolerance
        print(f"case {number}: largest difference {difference:.2e} (largest logit {largest:.3f}): {'ok' if agrees else 'FAILED'}")
        failed += not agrees
        if "generated" in case and not same_text(model, case):
            print(f"case {number}: greedy ids differ: FAILED")
            failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
