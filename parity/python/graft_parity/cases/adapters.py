"""Adapters of every method: written by peft and read by Graft, then written by Graft and read by peft."""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import peft
import torch
from safetensors.torch import load_file
from transformers.utils import logging

from graft_parity.options import Options, line
from graft_parity.t5_models import (
    FLAN_T5_SMALL, T5_SMALL, empty_model, load_starter, named_weights, random_batch, randomise, save_floats, save_model,
    steady_batch, tiny_shape, use_float64,
    with_padding_counted, write_batch,
)

TASK = "SEQ_2_SEQ_LM"


def methods(shape: dict, random: np.random.RandomState) -> dict[str, peft.PeftConfig]:
    """A configuration of each method, its sizes and modules drawn at random."""
    inner = ["wi_0", "wi_1"] if shape["feed_forward_proj"] == "gated-gelu" else ["wi"]
    modules = ["q", "k", "v", "o", *inner, "wo"]

    def some() -> list[str]:
        return sorted(random.choice(modules, size=random.randint(1, len(modules)), replace=False).tolist())

    def lora(**options) -> peft.LoraConfig:
        sizes = dict(r=int(random.randint(1, 9)), lora_alpha=int(random.randint(1, 33)), target_modules=some())
        return peft.LoraConfig(task_type=TASK, lora_dropout=0.05, **{**sizes, **options})

    last = shape["num_decoder_layers"] - 1
    pattern = {"SelfAttention.q": int(random.randint(1, 6)), rf"decoder\.block\.{last}\..*\.v": int(random.randint(1, 6))}
    return {
        "LoRA": lora(target_modules=["q", "v"]),
        "LoRA on some modules": lora(),
        "LoRA on all": lora(target_modules="all-linear"),
        "rsLoRA": lora(use_rslora=True),
        "DoRA": lora(use_dora=True),
        "rank_pattern": lora(target_modules=["q", "v"], rank_pattern=pattern, alpha_pattern={"EncDecAttention.v": 5, "q": 4}),
        "modules_to_save": lora(modules_to_save=["lm_head", "final_layer_norm"]),
        "layers_to_transform": lora(layers_to_transform=[last], layers_pattern="block"),
        "IA3": peft.IA3Config(task_type=TASK),
        "IA3 on other modules": peft.IA3Config(task_type=TASK, target_modules=["q", "o", *inner], feedforward_modules=inner),
        "prompt tuning": peft.PromptTuningConfig(task_type=TASK, num_virtual_tokens=int(random.randint(1, 9))),
    }


def plain_name(name: str) -> str:
    """A parameter's name as adapter files have it, without their prefix."""
    if name.startswith("prompt_encoder"):
        return "prompt_embeddings"
    name = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "").replace(".default", "")
    return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def quiet() -> None:
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()


def write_adapter(folder: Path, shape: dict, weights: dict, config: peft.PeftConfig, sizes: tuple, random) -> None:
    """
    An adapter with random values as peft saves it, and what it does to the model: logits, loss, gradients, merged weights.
    What it adds is a part of what it is added to, whatever its rank and alpha: larger ones make gradients that float32 loses.
    """
    tuned = peft.get_peft_model(filled_model(shape, weights), config).eval()
    with torch.no_grad():
        for name, parameter in sorted(tuned.named_parameters()):
            if not parameter.requires_grad:
                continue
            noise = torch.from_numpy(random.standard_normal(tuple(parameter.shape)))
            if "lora_A" in name:
                parameter.copy_((noise / parameter.shape[1] ** 0.5).float())
            elif "lora_B" in name:
                parameter.copy_((0.2 * noise * parameter.shape[1] ** 0.5 / config.lora_alpha).float())
            elif "prompt" in name:
                parameter.copy_(noise.float())
            else:  # what starts from the model or from ones
                parameter.mul_(1 + 0.1 * noise).copy_(parameter.float())
    tuned.float().save_pretrained(folder)
    tuned.double()
    batch = steady_batch(tuned, lambda: random_batch(random, shape["vocab_size"], *sizes))
    write_batch(folder / "batch.json", batch)
    write_batch(folder / "counted.json", with_padding_counted(batch))
    reference = {}
    for prefix, used in (("", batch), ("counted ", with_padding_counted(batch))):
        output = tuned(**used, use_cache=False)
        output.loss.backward()
        reference |= {f"{prefix}logits": output.logits, f"{prefix}loss": output.loss.reshape(1)}
        trained = [(name, parameter) for name, parameter in tuned.named_parameters() if parameter.requires_grad]
        reference |= {f"{prefix}gradient.{plain_name(name)}": parameter.grad.clone() for name, parameter in trained}
        tuned.zero_grad()
    if not config.is_prompt_learning:
        merged = tuned.merge_and_unload()
        for name, parameter in merged.named_parameters():
            if name not in weights or not torch.equal(weights[name], parameter):
                reference[f"merged.{name}"] = parameter
        with torch.no_grad():
            reference["merged logits"] = merged(**batch, use_cache=False).logits
    save_floats(folder / "reference.safetensors", reference)


def filled_model(shape: dict, weights: dict[str, torch.Tensor]):
    model = empty_model(shape)
    with torch.no_grad():
        for name, parameter in named_weights(model).items():
            parameter.copy_(weights[name])
    return model


def make(folder: Path, options: Options) -> None:
    use_float64()
    quiet()
    random = np.random.RandomState(options.seed)
    shapes = {f"odd shape {i + 1}": tiny_shape(random) for i in range(1 if options.quick else 3)}
    if not options.quick:
        shapes |= {"t5-small": T5_SMALL, "flan-t5-small": FLAN_T5_SMALL}
    variants = []
    for name in [*shapes, "starter"]:
        if name == "starter":
            model, shape, starter = load_starter(options)
            (folder / name).mkdir()
            for file in ("config.json", "model.safetensors"):
                shutil.copy(starter / file, folder / name / file)
        else:
            shape, model = shapes[name], empty_model(shapes[name])
            randomise(model, random, torch.float32)
            save_model(folder / name, model, shape, torch.float32)
        weights = {key: tensor.detach().clone() for key, tensor in named_weights(model).items()}
        del model
        small = name in ("t5-small", "flan-t5-small")
        sizes = (2, 12, 5) if small else (3, random.randint(30, 60), random.randint(5, 12))
        write_batch(folder / name / "batch.json", random_batch(random, shape["vocab_size"], *sizes))
        chosen = methods(shape, random)
        if small:
            chosen = {key: chosen[key] for key in ("LoRA", "DoRA")}
        elif name == "starter" and options.quick:
            chosen = {key: chosen[key] for key in ("LoRA", "rank_pattern", "DoRA", "IA3")}
        for key, config in chosen.items():
            write_adapter(folder / name / key, shape, weights, config, sizes, random)
        variants.append({"name": name, "methods": list(chosen), "shape": shape})
    (folder / "variants.json").write_text(json.dumps(variants))


def read_batch(path: Path) -> dict:
    fields = json.loads(path.read_text())
    rows = lambda name: torch.tensor(fields[name]).reshape(fields["size"], -1)
    return dict(input_ids=rows("inputIds"), attention_mask=rows("inputMask"), labels=rows("labels"))


def check(folder: Path, options: Options) -> list[dict]:
    """Every adapter that Graft wrote, loaded by peft: every tensor in its place, and the logits that Graft computed."""
    use_float64()
    quiet()
    lines = []
    for variant in json.loads((folder / "variants.json").read_text()):
        base = folder / variant["name"]
        weights = {name: tensor.double() for name, tensor in load_file(base / "model.safetensors").items()}
        batch = read_batch(base / "batch.json")
        for written in sorted((folder / "ours" / variant["name"]).iterdir()):
            tuned = peft.PeftModel.from_pretrained(filled_model(variant["shape"], weights), written).double().eval()
            stored = load_file(written / "adapter_model.safetensors")
            loaded = {n: p for n, p in peft.get_peft_model_state_dict(tuned).items()}
            same = stored.keys() == loaded.keys() and all(torch.equal(stored[n].double(), loaded[n].double()) for n in stored)
            name = f"{variant['name']}, {written.name}, read by peft"
            lines.append(line(f"{name}: tensors in place", len(stored) if same else "differ", len(loaded), 0 if same else 1, 0))
            with torch.no_grad():
                theirs = tuned(**batch, use_cache=False).logits
            ours = load_file(written / "logits.safetensors")["logits"].double().reshape(theirs.shape)
            error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
            at = (ours - theirs).abs().argmax()
            lines.append(line(f"{name}: logits", ours.flatten()[at].item(), theirs.flatten()[at].item(), error, 1e-4))
    return lines
