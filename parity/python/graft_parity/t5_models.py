"""T5 models of well-known shapes with random weights, in float64: the reference that float32 engines are measured by."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5LayerNorm

from graft_parity.options import Options

PAD, EOS, IGNORE = 0, 1, -100

T5_SMALL = dict(
    vocab_size=32128, d_model=512, d_kv=64, d_ff=2048, num_heads=8, num_layers=6, num_decoder_layers=6,
    feed_forward_proj="relu", tie_word_embeddings=True,
)
FLAN_T5_SMALL = dict(
    vocab_size=32128, d_model=512, d_kv=64, d_ff=1024, num_heads=6, num_layers=8, num_decoder_layers=8,
    feed_forward_proj="gated-gelu", tie_word_embeddings=False,
)
COMMON = dict(
    relative_attention_num_buckets=32, relative_attention_max_distance=128, layer_norm_epsilon=1e-6, dropout_rate=0.1,
    pad_token_id=PAD, eos_token_id=EOS, decoder_start_token_id=PAD,
)
SHAPES = {"t5-small": T5_SMALL, "flan-t5-small": FLAN_T5_SMALL}


def tiny_shape(random: np.random.RandomState) -> dict:
    """A small shape with odd sizes, either version of T5."""
    gated, tied = bool(random.randint(2)), bool(random.randint(2))
    return dict(
        vocab_size=int(random.randint(120, 400)), d_model=int(random.randint(5, 40)) * 2, d_kv=int(random.randint(3, 20)),
        d_ff=int(random.randint(10, 90)), num_heads=int(random.randint(1, 6)), num_layers=int(random.randint(1, 4)),
        num_decoder_layers=int(random.randint(1, 4)), feed_forward_proj="gated-gelu" if gated else "relu", tie_word_embeddings=tied,
    )


def quick_shape(shape: dict) -> dict:
    """The shape with two layers and a small vocabulary."""
    return shape | dict(vocab_size=512, num_layers=2, num_decoder_layers=2)


def exact_norm(self, states):
    """T5LayerNorm without its detour through float32."""
    return self.weight * (states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def use_float64() -> None:
    """Makes transformers' T5 compute in float64 throughout: one thread, exact norms."""
    torch.set_num_threads(1)
    T5LayerNorm.forward = exact_norm


def empty_model(shape: dict) -> T5ForConditionalGeneration:
    """The architecture in float64, its weights not set."""""
    with torch.device("meta"):
        model = T5ForConditionalGeneration(T5Config(**COMMON, **shape))
    model.to_empty(device="cpu")
    model.tie_weights()  # always, in transformers 5: the configuration only decides whether the head's input is scaled
    if not shape["tie_word_embeddings"]:
        model.lm_head.weight = torch.nn.Parameter(torch.empty(shape["vocab_size"], shape["d_model"]))
    model.config._attn_implementation = "eager"
    return model.double().eval()


def named_weights(model) -> dict[str, torch.nn.Parameter]:
    """Parameters by the names that checkpoints have; shared ones once."""
    return dict(model.named_parameters())


def randomise(model, random: np.random.RandomState, dtype: torch.dtype) -> None:
    """Random weights, rounded to `dtype`: attention far from uniform, logits of a few units, gradients everywhere."""
    tied = model.config.tie_word_embeddings
    width, inner = model.config.d_model, model.config.num_heads * model.config.d_kv
    with torch.no_grad():
        for name, parameter in sorted(named_weights(model).items()):
            values = torch.from_numpy(random.standard_normal(tuple(parameter.shape)).astype(np.float32))
            if name == "decoder.final_layer_norm.weight" and tied:
                values = 1.5 * values  # signs of both kinds, else a tied model repeats its input for ever
            elif "layer_norm" in name:
                values = 1 + 0.2 * values
            elif "relative_attention_bias" in name:
                values = 1.5 * values
            elif name == "lm_head.weight":
                values = values * (3 / width**0.5)
            elif name == "shared.weight":
                values = values * (2.0 if tied else 1.0)
            elif name.endswith(".q.weight"):
                values = values * (1.5 / (width * model.config.d_kv) ** 0.5)
            elif name.endswith((".k.weight", ".v.weight", ".wi.weight", ".wi_0.weight", ".wi_1.weight")):
                values = values / width**0.5
            elif name.endswith(".o.weight"):
                values = values / inner**0.5
            else:
                values = values / model.config.d_ff**0.5
            parameter.copy_(values.to(dtype).double())


def random_batch(random: np.random.RandomState, vocab: int, size: int, input_length: int, label_length: int) -> dict:
    """A padded batch: the first row is full, the others end anywhere."""
    inputs, labels = torch.full((size, input_length), PAD), torch.full((size, label_length), IGNORE)
    for row in range(size):
        for tensor, length in ((inputs, input_length), (labels, label_length)):
            count = length if row == 0 else random.randint(1, length + 1)
            tensor[row, : count - 1] = torch.from_numpy(random.randint(3, vocab, count - 1))
            tensor[row, count - 1] = EOS
    return dict(input_ids=inputs, attention_mask=(inputs != PAD).long(), labels=labels)


def with_padding_counted(batch: dict) -> dict:
    """The batch as the well-known lab trains it: no attention mask, and padding is a label like any other."""
    labels = batch["labels"].masked_fill(batch["labels"] == IGNORE, PAD)
    return dict(input_ids=batch["input_ids"], attention_mask=torch.ones_like(batch["input_ids"]), labels=labels)


def relu_margin(model, batch: dict) -> float:
    """How close the input of a ReLU comes to 0, where one is looked at; infinity for gated models."""
    margin = [float("inf")]
    masks = {"encoder": batch["attention_mask"] == 1, "decoder": batch["labels"] != IGNORE}

    def keep(mask):
        def look(module, inputs, output):
            prompt = torch.ones(len(mask), output.shape[1] - mask.shape[1], dtype=torch.bool)  # learned vectors before the input
            margin.append(output[torch.cat([prompt, mask], dim=1)].abs().min().item())

        return look

    layers = [(name, module) for name, module in model.named_modules() if name.endswith("DenseReluDense.wi")]
    hooks = [module.register_forward_hook(keep(masks["encoder" if "encoder.block" in name else "decoder"])) for name, module in layers]
    with torch.no_grad():
        if layers:
            model(**batch, use_cache=False)
    for hook in hooks:
        hook.remove()
    return min(margin)


def steady_batch(model, draw, counts_padding: bool = True) -> dict:
    """
    A batch whose gradients float32 can find: the gradient of a ReLU is 0 or 1 depending on the sign of its input, so none may
    lie as close to 0 as rounding reaches. Draws until there is none, or takes the best of many.
    """
    best, best_margin = None, -1.0
    for _ in range(40):
        batch = draw()
        margin = relu_margin(model, batch)
        if counts_padding and margin > best_margin:
            margin = min(margin, relu_margin(model, with_padding_counted(batch)))
        if margin > best_margin:
            best, best_margin = batch, margin
        if margin > 3e-6:
            break
    return best


def shift_right(labels: torch.Tensor) -> torch.Tensor:
    """Decoder inputs of labels: one step later, behind the start token, padding for what is not learned."""
    shifted = torch.cat([torch.full((len(labels), 1), PAD), labels[:, :-1]], dim=1)
    return shifted.masked_fill(shifted == IGNORE, PAD)


def batch_json(batch: dict) -> dict:
    """The batch as the page reads it: flat lists and sizes."""
    flat = {name: tensor.flatten().tolist() for name, tensor in batch.items()}
    return {
        "size": len(batch["labels"]),
        "inputIds": flat["input_ids"],
        "inputMask": flat["attention_mask"],
        "labels": flat["labels"],
        "decoderInputIds": shift_right(batch["labels"]).flatten().tolist(),
    }


def config_json(shape: dict) -> dict:
    """config.json as the model's publishers write it."""
    return {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], **COMMON, **shape}


def save_model(folder: Path, model, shape: dict, dtype: torch.dtype) -> None:
    """A model folder; the weights are representable in `dtype`, so nothing is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().to(dtype).contiguous() for name, tensor in named_weights(model).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config_json(shape)))


def load_starter(options: Options) -> tuple[T5ForConditionalGeneration, dict, Path]:
    """The bundled model in float64, its shape and its folder."""
    from safetensors.torch import load_file

    folder = next((options.repository / "public/models").iterdir())
    fields = json.loads((folder / "config.json").read_text())
    shape = {name: fields[name] for name in T5_SMALL if name in fields}
    shape["num_decoder_layers"] = fields.get("num_decoder_layers", fields["num_layers"])
    model = empty_model(shape)
    with torch.no_grad():
        stored = load_file(folder / "model.safetensors")
        for name, parameter in named_weights(model).items():
            parameter.copy_(stored[name].double())
    return model, shape, folder


def write_batch(path: Path, batch: dict) -> None:
    path.write_text(json.dumps(batch_json(batch)))


def save_floats(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Reference values, rounded from float64 to float32: a relative error of 6e-8 at most."""
    floats = {name: tensor.detach().float().contiguous().clone() for name, tensor in tensors.items()}
    save_file(floats, path, metadata={"format": "pt"})
