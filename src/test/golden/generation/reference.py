"""What transformers' `generate` answers, and which of its answers hang on rounding."""

import torch

PAD, EOS = 0, 1


def generate(model, prompts, options):
    """Ids per prompt without the start token, up to and without </s>."""
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([prompt + [PAD] * (longest - len(prompt)) for prompt in prompts])
    mask = torch.tensor([[1] * len(prompt) + [0] * (longest - len(prompt)) for prompt in prompts])
    config = model.config
    # transformers sizes the decoder's cache by num_layers, so it must not be used where num_decoder_layers differs.
    cached = config.num_layers == config.num_decoder_layers
    rows = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, use_cache=cached, **options)
    return [row[: row.index(EOS)] if EOS in row else row for row in rows[:, 1:].tolist()]


def generate_with_doubts(model, prompts, options):
    """The answers, and the rows whose answers are others when the model computes in float64."""
    answers = generate(model, prompts, options)
    exact = generate(model.double(), prompts, options)
    model.float()
    return answers, [row for row, (one, other) in enumerate(zip(answers, exact)) if one != other]
