"""ROUGE, BLEU, chrF and SQuAD's exact match and F1 of pairs of texts, by the packages and scripts that define them."""

import collections
import json
import logging
import re
import string
from pathlib import Path

from graft_parity.options import Options
from graft_parity.text_pairs import text_pairs

ROUGE = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


# The next three functions are those of SQuAD's evaluate-v1.1.py; evaluate-v2.0.py differs for two empty answers only.
def normalize_answer(text: str) -> str:
    text = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match_score(prediction: str, ground_truth: str) -> bool:
    return normalize_answer(prediction) == normalize_answer(ground_truth)


def f1_score(prediction: str, ground_truth: str) -> float:
    prediction_tokens = normalize_answer(prediction).split()
    ground_truth_tokens = normalize_answer(ground_truth).split()
    common = collections.Counter(prediction_tokens) & collections.Counter(ground_truth_tokens)
    num_same = sum(common.values())
    if num_same == 0:
        return 0
    precision = 1.0 * num_same / len(prediction_tokens)
    recall = 1.0 * num_same / len(ground_truth_tokens)
    return (2 * precision * recall) / (precision + recall)


def scores(pairs: list[tuple[str, str]]) -> dict:
    """Every metric of every pair, and the corpus scores of them all; two of the names hold lists of four (ROUGE)."""
    from rouge_score import rouge_scorer
    from sacrebleu.metrics import BLEU, CHRF

    logging.getLogger("sacrebleu").setLevel(logging.ERROR)  # it warns of each sentence without the effective order
    scorers = {stems: rouge_scorer.RougeScorer(ROUGE, use_stemmer=stems) for stems in (False, True)}
    effective, plain, chrf, chrfpp = BLEU(effective_order=True), BLEU(), CHRF(), CHRF(word_order=2)
    rows = []
    for reference, output in pairs:
        rouge = {stems: scorer.score(reference, output) for stems, scorer in scorers.items()}
        f1 = f1_score(output, reference)
        empty = normalize_answer(reference) == "" == normalize_answer(output)
        rows.append(
            {
                "reference": reference,
                "output": output,
                "rouge": [rouge[False][name].fmeasure for name in ROUGE],
                "rougeStemmed": [rouge[True][name].fmeasure for name in ROUGE],
                "bleu": effective.sentence_score(output, [reference]).score,
                "bleuFixedOrder": plain.sentence_score(output, [reference]).score,
                "chrF": chrf.sentence_score(output, [reference]).score,
                "chrFPlusPlus": chrfpp.sentence_score(output, [reference]).score,
                "exactMatch": int(exact_match_score(output, reference)),
                "f1": f1,
                "f1Version2": 1 if empty else f1,
            }
        )
    outputs, references = [output for _, output in pairs], [[reference for reference, _ in pairs]]
    corpus = {
        "bleu": plain.corpus_score(outputs, references).score,
        "chrF": chrf.corpus_score(outputs, references).score,
        "chrFPlusPlus": chrfpp.corpus_score(outputs, references).score,
    }
    return {"corpus": corpus, "pairs": rows}


def make(folder: Path, options: Options) -> None:
    pairs = text_pairs(500 if options.quick else 5000, options.seed)
    (folder / "scores.json").write_text(json.dumps(scores(pairs)))
