"""Encoder states, every attention's position bias and logits of T5 v1.0 and v1.1, from checkpoints in every number format."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch

from graft_parity.options import Options
from graft_parity.t5_models import (
    FLAN_T5_SMALL, T5_SMALL, empty_model, load_starter, quick_shape, random_batch, randomise, save_floats, save_model,
    tiny_shape, use_float64, write_batch,
)

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}


def position_biases(model, run) -> tuple[object, dict[str, torch.Tensor]]:
    """What `run` returns, and the position bias that each attention of the model added to its scores meanwhile."""
    biases: dict[str, torch.Tensor] = {}

    def keep(name):
        return lambda module, inputs, outputs: biases.__setitem__(name, outputs[1])

    attentions = [(n, m) for n, m in model.named_modules() if n.endswith(("SelfAttention", "EncDecAttention"))]
    hooks = [module.register_forward_hook(keep(f"bias.{name}")) for name, module in attentions]
    result = run()
    for hook in hooks:
        hook.remove()
    assert len(biases) == len(attentions)
    return result, biases


def write_reference(folder: Path, model, batch: dict) -> None:
    with torch.no_grad():
        output, biases = position_biases(model, lambda: model(**batch, use_cache=False))
    write_batch(folder / "batch.json", batch)
    states = {"encoder_states": output.encoder_last_hidden_state, "logits": output.logits, "loss": output.loss.reshape(1)}
    save_floats(folder / "reference.safetensors", states | biases)


def make(folder: Path, options: Options) -> None:
    use_float64()
    random = np.random.RandomState(options.seed)
    real = {
        "t5-small F32": (T5_SMALL, "F32"),
        "flan-t5-small BF16": (FLAN_T5_SMALL, "BF16"),
        "t5-small untied F16": (T5_SMALL | dict(tie_word_embeddings=False), "F16"),
    }
    if options.quick:
        real = {name: (quick_shape(shape), dtype) for name, (shape, dtype) in real.items()}
    tiny = {f"odd shape {i + 1} {dtype}": (tiny_shape(random), dtype) for i, dtype in enumerate(DTYPES)}
    names = []
    for name, (shape, dtype) in (real | tiny).items():
        names.append(name)
        model = empty_model(shape)
        randomise(model, random, DTYPES[dtype])
        save_model(folder / name, model, shape, DTYPES[dtype])
        lengths = (random.randint(24, 60), random.randint(5, 24)) if name in real else (random.randint(130, 300), random.randint(30, 150))
        write_reference(folder / name, model, random_batch(random, shape["vocab_size"], random.randint(2, 4), *lengths))
    model, shape, starter = load_starter(options)
    names.append("starter")
    (folder / "starter").mkdir()
    for file in ("config.json", "model.safetensors"):
        shutil.copy(starter / file, folder / "starter" / file)
    write_reference(folder / "starter", model, random_batch(random, shape["vocab_size"], 3, 150, 40))
    (folder / "variants.json").write_text(json.dumps(names))
