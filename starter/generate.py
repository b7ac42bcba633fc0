"""Batched greedy generation, shared by the evaluation scripts."""

import torch


@torch.no_grad()
def generate(model, tokenizer, prompts, max_new_tokens=96, batch=16, beams=1):
    """Greedy (or beam) outputs for a list of prompts, computed in order of length."""
    model.eval()
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    outputs = [""] * len(prompts)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        encoded = tokenizer([prompts[i] for i in part], return_tensors="pt", padding=True, truncation=True, max_length=512)
        ids = model.generate(
            input_ids=encoded.input_ids,
            attention_mask=encoded.attention_mask,
            max_new_tokens=max_new_tokens,
            num_beams=beams,
            do_sample=False,
        )
        for i, text in zip(part, tokenizer.batch_decode(ids, skip_special_tokens=True)):
            outputs[i] = text.strip()
    return outputs
