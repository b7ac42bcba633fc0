"""Decoding options to compare, under the names of transformers' GenerationConfig, and prompts of several lengths."""

import numpy as np

EOS = 1

GREEDY = [
    dict(),
    dict(max_new_tokens=1),
    dict(max_new_tokens=24),
    dict(repetition_penalty=1.3),
    dict(repetition_penalty=3.0, max_new_tokens=20),
    dict(repetition_penalty=0.8),
    dict(no_repeat_ngram_size=1),
    dict(no_repeat_ngram_size=2, max_new_tokens=24),
    dict(no_repeat_ngram_size=3, max_new_tokens=24),
    dict(min_new_tokens=8),
    dict(min_length=8, max_new_tokens=20),
    dict(repetition_penalty=1.5, no_repeat_ngram_size=2, min_new_tokens=6, max_new_tokens=20),
]
BEAM = [
    dict(num_beams=2),
    dict(num_beams=3, max_new_tokens=1),
    dict(num_beams=4),
    dict(num_beams=8, max_new_tokens=16),
    dict(num_beams=4, length_penalty=0.0),
    dict(num_beams=4, length_penalty=2.0),
    dict(num_beams=4, length_penalty=-1.0),
    dict(num_beams=3, length_penalty=0.6, max_new_tokens=20),
    dict(num_beams=4, early_stopping=True),
    dict(num_beams=4, early_stopping="never"),
    dict(num_beams=4, early_stopping=True, length_penalty=2.0, max_new_tokens=20),
    dict(num_beams=4, early_stopping=True, length_penalty=-1.0),
    dict(num_beams=4, early_stopping="never", length_penalty=2.0, max_new_tokens=20),
    dict(num_beams=4, early_stopping="never", length_penalty=0.0),
    dict(num_beams=4, early_stopping="never", length_penalty=-1.0),
    dict(num_beams=4, repetition_penalty=1.5),
    dict(num_beams=4, repetition_penalty=0.8, max_new_tokens=20),
    dict(num_beams=3, no_repeat_ngram_size=1),
    dict(num_beams=4, no_repeat_ngram_size=2, max_new_tokens=20),
    dict(num_beams=4, min_new_tokens=6),
    dict(num_beams=2, min_length=9, early_stopping=True),
    dict(num_beams=4, min_new_tokens=5, no_repeat_ngram_size=3, length_penalty=2.0, early_stopping=True, max_new_tokens=24),
    dict(num_beams=5, min_new_tokens=4, no_repeat_ngram_size=2, repetition_penalty=1.2, length_penalty=0.8),
]
CASES = [dict(max_new_tokens=12) | case for case in GREEDY + BEAM]


def new_prompts(count, vocabulary, longest, seed):
    """Prompts of 1 to `longest` tokens, </s> included."""
    random = np.random.RandomState(seed)
    lengths = random.randint(1, longest + 1, count)
    return [[*random.randint(3, vocabulary, length - 1).tolist(), EOS] for length in lengths]
