"""Loss and every gradient of full training: label padding masked and counted, and a large batch cut into small ones."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch

from graft_parity.options import Options
from graft_parity.t5_models import (
    FLAN_T5_SMALL, T5_SMALL, empty_model, load_starter, named_weights, quick_shape, random_batch, randomise, save_floats,
    save_model, steady_batch, tiny_shape, use_float64, with_padding_counted, write_batch,
)


def write_gradients(folder: Path, label: str, model, batch: dict) -> None:
    """`label`.json: the batch; `label`.safetensors: the gradient of each weight, and the loss."""
    model.zero_grad()
    loss = model(**batch, use_cache=False).loss
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in named_weights(model).items()}
    write_batch(folder / f"{label}.json", batch)
    save_floats(folder / f"{label}.safetensors", gradients | {"loss": loss.reshape(1)})


def make(folder: Path, options: Options) -> None:
    use_float64()
    random = np.random.RandomState(options.seed)
    real = {"t5-small": T5_SMALL, "flan-t5-small": FLAN_T5_SMALL}
    if options.quick:
        real = {name: quick_shape(shape) for name, shape in real.items()}
    tiny = {f"odd shape {i + 1}": tiny_shape(random) for i in range(1 if options.quick else 4)}
    variants = []
    for name, shape in (real | tiny).items():
        model = empty_model(shape)
        randomise(model, random, torch.float32)
        save_model(folder / name, model, shape, torch.float32)
        counts_padding = name in tiny or options.quick  # the large files of a real shape are written once
        if name in real:
            sizes = (3, random.randint(8, 16), random.randint(4, 9))
        else:
            sizes = (random.randint(3, 6), random.randint(40, 150), random.randint(10, 40))
        batch = steady_batch(model, lambda: random_batch(random, shape["vocab_size"], *sizes), counts_padding)
        write_gradients(folder / name, "masked", model, batch)
        labels = ["masked"]
        if counts_padding:
            write_gradients(folder / name, "counted", model, with_padding_counted(batch))
            labels.append("counted")
        variants.append({"name": name, "batches": labels})
    model, shape, starter = load_starter(options)
    (folder / "starter").mkdir()
    for file in ("config.json", "model.safetensors"):
        shutil.copy(starter / file, folder / "starter" / file)
    batch = random_batch(random, shape["vocab_size"], 4, 80, 30)
    write_gradients(folder / "starter", "masked", model, batch)
    write_gradients(folder / "starter", "counted", model, with_padding_counted(batch))
    variants.append({"name": "starter", "batches": ["masked", "counted"]})
    (folder / "variants.json").write_text(json.dumps(variants))
