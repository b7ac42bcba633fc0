"""Golden numbers for every adapter method, computed by PyTorch, transformers and peft on make_golden.py's tiny models.

Command:   python src/test/golden/make_adapters.py
Versions:  torch 2.15.0, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0, numpy 2.4.6 (all from PyPI)

For each flavour and case: adapters/<flavour>/<case>/adapter_config.json and adapter_model.safetensors as peft wrote them,
golden.safetensors (logits, every gradient of the adapter, merged weights) and golden.json (loss, generated ids, number of
trainable parameters, ten steps of AdamW). Run make_golden.py first: the models are its own.
adapters/counts.json: trainable parameters on the shapes of flan-t5-base.
"""

import json
import shutil
import warnings

import numpy as np
import peft
import torch
import transformers
from safetensors.torch import save_file

from make_golden import HERE, gradients, greedy, new_batch, new_model, ten_losses, write_json

IN = {"relu": ["wi"], "gated": ["wi_0", "wi_1"]}
LORA = dict(r=2, lora_alpha=6, lora_dropout=0.0)


def cases(flavour):
    """Name of the case → configuration."""
    feed_forward = [*IN[flavour], "wo"]
    lora = lambda **options: peft.LoraConfig(task_type="SEQ_2_SEQ_LM", **{**LORA, "target_modules": ["q", "v"], **options})
    return {
        # Ranks and alphas of their own for some modules, by the end of their path and by a regular expression.
        "rslora": lora(
            use_rslora=True,
            rank_pattern={"SelfAttention.q": 3, r"decoder\.block\.1\..*\.v": 1},
            alpha_pattern={"EncDecAttention.v": 5, "q": 4},
        ),
        "saved": lora(modules_to_save=["lm_head", "final_layer_norm", "embed_tokens"]),
        "layers": lora(target_modules=["q", *feed_forward], layers_to_transform=[1], layers_pattern="block"),
        "dora": lora(use_dora=True, use_rslora=True, target_modules=["q", "o", *feed_forward]),
        "ia3": peft.IA3Config(task_type="SEQ_2_SEQ_LM"),
        "ia3-own": peft.IA3Config(
            task_type="SEQ_2_SEQ_LM",
            target_modules=["q", *feed_forward],
            feedforward_modules=IN[flavour],
            modules_to_save=["final_layer_norm"],
        ),
        "prompt": peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3, num_transformer_submodules=1),
        # peft's own default for encoder-decoder models: twice as many rows, of which the second half is idle.
        "prompt-twice": peft.PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=3),
    }


def plain_name(name):
    """A parameter's name as it is in adapter files, without their prefix."""
    if name.startswith("prompt_encoder"):
        return "prompt_embeddings"
    name = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "").replace(".default", "")
    return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def write_case(flavour, name, config, seed):
    folder = HERE / "adapters" / flavour / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tuned = peft.get_peft_model(new_model(flavour, seed), config, low_cpu_mem_usage=False).eval()
    random = np.random.RandomState(13)
    with torch.no_grad():
        for key, parameter in sorted(tuned.named_parameters()):
            if not parameter.requires_grad:
                continue
            noise = torch.tensor(random.standard_normal(tuple(parameter.shape)), dtype=torch.float32)
            if "lora_A" in key or "lora_B" in key or "prompt" in key:
                parameter.copy_(0.3 * noise)
            else:  # what starts from the model or from ones
                parameter.mul_(1 + 0.3 * noise)
    own = tuned.peft_config["default"]
    own.base_model_name_or_path = f"tiny-{flavour}"
    for field in ("target_modules", "feedforward_modules"):  # sets otherwise, written in any order
        if isinstance(getattr(own, field, None), set):
            setattr(own, field, sorted(getattr(own, field)))
    tuned.save_pretrained(folder)
    (folder / "README.md").unlink()

    batch = new_batch()
    output = tuned(**batch)
    output.loss.backward()
    golden = {"logits": output.logits.detach()}
    golden |= {f"gradient.{plain_name(key)}": gradient for key, gradient in gradients(tuned).items()}
    tuned.zero_grad()
    numbers = {
        "versions": {m.__name__: m.__version__ for m in (torch, transformers, peft, np)},
        "loss": float(output.loss.detach()),
        "trainable": tuned.get_nb_trainable_parameters()[0],
        "generated": greedy(tuned, batch)[0],
    }
    if not config.is_prompt_learning:
        base = dict(new_model(flavour, seed).named_parameters())
        merged = peft.PeftModel.from_pretrained(new_model(flavour, seed), folder).eval().merge_and_unload()
        difference = (merged(**batch).logits - golden["logits"]).abs().max()
        assert difference < 1e-4, f"{flavour} {name}: merged logits differ by {difference}"
        for key, parameter in merged.named_parameters():
            is_new = key not in base or not torch.equal(base[key], parameter)
            if is_new and "encoder.block.0" not in key and "decoder.block.0" not in key:
                golden[f"merged.{key}"] = parameter.detach()
    if flavour == "gated":  # last: it changes the adapter
        numbers["steps"] = ten_losses(tuned, batch)
    save_file({n: t.clone().contiguous() for n, t in golden.items()}, folder / "golden.safetensors", metadata={"format": "pt"})
    write_json(folder / "golden.json", numbers)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)


def write_counts():
    """Trainable parameters of one configuration of each kind on flan-t5-base."""
    shapes = dict(vocab_size=32128, d_model=768, d_kv=64, num_heads=12, d_ff=2048, num_layers=12, num_decoder_layers=12)
    base = transformers.T5Config(**shapes, feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    lora = dict(task_type="SEQ_2_SEQ_LM", r=8, target_modules=["q", "v"])
    prompt = dict(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=20, num_transformer_submodules=1)
    configs = {
        "lora": peft.LoraConfig(**lora),
        "dora": peft.LoraConfig(**lora, use_dora=True),
        "saved": peft.LoraConfig(**lora, modules_to_save=["lm_head", "embed_tokens", "final_layer_norm"]),
        "ia3": peft.IA3Config(task_type="SEQ_2_SEQ_LM"),
        "prompt": peft.PromptTuningConfig(**prompt),
    }
    counts = {}
    for name, config in configs.items():
        model = transformers.T5ForConditionalGeneration(base)
        counts[name] = peft.get_peft_model(model, config).get_nb_trainable_parameters()[0]
    write_json(HERE / "adapters" / "counts.json", counts)


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    write_counts()
    for flavour in IN:
        seed = json.loads((HERE / flavour / "golden.json").read_text())["seed"]
        for name, config in cases(flavour).items():
            print(flavour, name)
            write_case(flavour, name, config, seed)
