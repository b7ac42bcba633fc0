"""Writes the trained model as a Hugging Face folder: configuration, tokenizer, half-precision weights.

    python export.py                 # from the checkpoint of train.py to public/models/starter
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model import new_model
from settings import EOS, MODEL, OUTPUT, PAD, SENTINELS, UNK, VOCAB


def config_json():
    """`config.json` in the form of the T5 v1.1 checkpoints, readable by old and new releases alike."""
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "vocab_size": VOCAB,
        **MODEL,
        "feed_forward_proj": "gated-gelu",
        "dense_act_fn": "gelu_new",
        "is_gated_act": True,
        "dropout_rate": 0.0,
        "layer_norm_epsilon": 1e-6,
        "initializer_factor": 1.0,
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "use_cache": True,
        "pad_token_id": PAD,
        "eos_token_id": EOS,
        "decoder_start_token_id": PAD,
        "n_positions": 512,
        "torch_dtype": "float32",
    }


def tokenizer_config_json():
    """`tokenizer_config.json` of the published T5 tokenizers."""
    first = VOCAB - SENTINELS
    special = {PAD: "<pad>", EOS: "</s>", UNK: "<unk>"}
    special |= {first + i: f"<extra_id_{SENTINELS - 1 - i}>" for i in range(SENTINELS)}
    flags = dict(lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
    return {
        "added_tokens_decoder": {str(i): {"content": text, **flags} for i, text in special.items()},
        "additional_special_tokens": [f"<extra_id_{i}>" for i in range(SENTINELS)],
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "extra_ids": SENTINELS,
        "model_max_length": 512,
        "pad_token": "<pad>",
        "tokenizer_class": "T5Tokenizer",
        "unk_token": "<unk>",
    }


def generation_config_json():
    """Start and end of a generated text."""
    return {"decoder_start_token_id": PAD, "eos_token_id": EOS, "pad_token_id": PAD}


def half_precision(model):
    """The weights in F16 under their Hugging Face names. Tied copies are left out, `shared.weight` stays."""
    tied = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
    tensors = {k: v.to(torch.float16).contiguous() for k, v in model.state_dict().items() if k not in tied}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} does not fit into half precision")
    return tensors


def export(model, tokenizer_file, output):
    """Writes the folder (the model card README.md is kept)."""
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("config.json", config_json()),
        ("tokenizer_config.json", tokenizer_config_json()),
        ("generation_config.json", generation_config_json()),
    ):
        (output / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(tokenizer_file, output / "tokenizer.json")
    save_file(half_precision(model), output / "model.safetensors", metadata={"format": "pt"})
    for file in sorted(output.iterdir()):
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", default="/tmp/graft-starter")
    parser.add_argument("--output", default=OUTPUT)
    parser.add_argument("--untrained", action="store_true", help="export fresh weights (for tests of the page)")
    options = parser.parse_args()
    model = new_model()
    if not options.untrained:
        model.load_state_dict(torch.load(Path(options.work) / "checkpoint.pt", weights_only=True)["model"])
    export(model, Path(options.work) / "tokenizer.json", options.output)
