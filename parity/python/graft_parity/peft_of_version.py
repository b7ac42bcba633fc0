"""Adapters of every method with one version of peft: the one on the path. Run by cases/peft_versions.py.

    python peft_of_version.py write FOLDER VERSION    random adapters on each model, with what they make of its batch
    python peft_of_version.py check FOLDER VERSION    adapters that Graft wrote: prints one JSON line each

Needs nothing but peft, transformers, torch and safetensors of any version since peft 0.10.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import peft
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM
from transformers.utils import logging

TASK = "SEQ_2_SEQ_LM"


def methods(gated: bool) -> dict:
    """Name → configuration; all of them are known to peft 0.10."""
    inner = ["wi_0", "wi_1"] if gated else ["wi"]
    lora = lambda **options: peft.LoraConfig(task_type=TASK, **{**dict(r=3, lora_alpha=5, target_modules=["q", "v"]), **options})
    # Full paths: how a shorter pattern is applied to both tables has changed between versions.
    path = "decoder.block.0.layer.1.EncDecAttention.q"
    return {
        "LoRA": lora(),
        "rsLoRA": lora(use_rslora=True),
        "DoRA": lora(use_dora=True, target_modules=["q", "o", *inner]),
        "rank_pattern": lora(rank_pattern={path: 2}, alpha_pattern={path: 7}),
        "modules_to_save": lora(modules_to_save=["lm_head", "final_layer_norm"]),
        "layers_to_transform": lora(layers_to_transform=[0], layers_pattern="block"),
        "IA3": peft.IA3Config(task_type=TASK, target_modules=["k", "v", "wo"], feedforward_modules=["wo"]),
        "prompt tuning": peft.PromptTuningConfig(task_type=TASK, num_virtual_tokens=4),
    }


def base_model(folder: Path):
    return AutoModelForSeq2SeqLM.from_pretrained(folder, torch_dtype=torch.float32).eval()


def logits(model, batch: dict) -> torch.Tensor:
    rows = lambda name: torch.tensor(batch[name]).reshape(batch["size"], -1)
    with torch.no_grad():
        inputs = dict(input_ids=rows("inputIds"), attention_mask=rows("inputMask"), decoder_input_ids=rows("decoderInputIds"))
        return model(**inputs, use_cache=False).logits


def write(folder: Path, version: str) -> None:
    for base in sorted(path.parent for path in folder.glob("*/config.json")):
        random = np.random.RandomState(len(version) + len(base.name))
        batch = json.loads((base / "batch.json").read_text())
        gated = json.loads((base / "config.json").read_text())["feed_forward_proj"] == "gated-gelu"
        for name, config in methods(gated).items():
            tuned = peft.get_peft_model(base_model(base), config).eval()
            with torch.no_grad():
                for key, parameter in sorted(tuned.named_parameters()):
                    if not parameter.requires_grad:
                        continue
                    noise = torch.tensor(random.standard_normal(tuple(parameter.shape)), dtype=torch.float32)
                    if "lora_A" in key or "lora_B" in key or "prompt" in key:
                        parameter.copy_(0.3 * noise)
                    else:  # what starts from the model or from ones
                        parameter.mul_(1 + 0.3 * noise)
            into = folder / "theirs" / version / base.name / name
            tuned.save_pretrained(into)
            save_file({"logits": logits(tuned, batch).contiguous()}, into / "reference.safetensors")


def check(folder: Path, version: str) -> None:
    for written in sorted(path.parent for path in (folder / "ours").glob("*/*/adapter_config.json")):
        base = folder / written.parent.name
        tuned = peft.PeftModel.from_pretrained(base_model(base), written).eval()
        stored = load_file(written / "adapter_model.safetensors")
        loaded = peft.get_peft_model_state_dict(tuned)
        in_place = stored.keys() == loaded.keys() and all(torch.equal(stored[name], loaded[name].float()) for name in stored)
        theirs = logits(tuned, json.loads((base / "batch.json").read_text()))
        ours = load_file(written / "logits.safetensors")["logits"].reshape(theirs.shape)
        at = (ours - theirs).abs().argmax()
        found = dict(ours=ours.flatten()[at].item(), theirs=theirs.flatten()[at].item(), scale=theirs.abs().max().item())
        print(json.dumps(dict(name=f"{base.name}, {written.name}", tensors=len(stored), in_place=in_place, **found)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    {"write": write, "check": check}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
