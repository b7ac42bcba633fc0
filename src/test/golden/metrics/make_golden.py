"""Writes golden numbers for ROUGE, the Porter stemmer, exact match and token F1.

    python src/test/golden/metrics/make_golden.py

Writes `rouge.json`, `stems.json` and `squad.json` beside itself. Needs: rouge_score 0.1.2, nltk 3.10.4 (its Porter
stemmer). The SQuAD functions below follow the official evaluate-v2.0.py. Each file names the versions that made it.
"""

import collections
import json
import random
import re
import string
from importlib.metadata import version
from pathlib import Path

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

HERE = Path(__file__).parent
TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

ODD_PAIRS = [
    ("", ""), ("", "a"), ("a", ""), (" ", "\n"), ("...", "!!!"), ("a", "a"), ("the", "The"), ("The cat.", "the CAT!"),
    ("日本語", "日本語"), ("日本語 text", "text 日本語"), ("café", "cafe"), ("naïve idea", "naive idea"), ("İstanbul", "istanbul"), ("K 273", "k 273"),
    ("1,000.50", "1000.50"), ("3.14", "3 14"), ("2019-03-12", "12 March 2019"), ("$5", "5 dollars"), ("a\nb\nc", "c\nb\na"), ("a\n\nb", "a b"),
    ("\n", "\n\n"), ("one\ntwo three\nfour", "one two\nthree four"), ("a a a a", "a"), ("a", "a a a a"), ("a b a b a b", "b a b a"), ("a b c d e", "e d c b a"),
    ("state-of-the-art", "state of the art"), ("don't", "dont"), ("don't", "don t"), ("it's John's", "its Johns"), ("email@example.com", "email example com"),
    ("under_score", "under score"), ("tab\tseparated", "tab separated"), ("x" * 300, "x" * 300), ("running runs ran", "run running runner"),
    ("dying", "die"), ("flies", "fly"), ("enjoyment", "enjoy"), ("news", "new"), ("skies", "sky"), ("a <b> c", "a b c"), ("😀 ok", "ok"), ("½ cup", "1/2 cup"),
    ("no overlap here", "nothing shared at all"), ("first sentence.\nsecond sentence.", "second sentence.\nfirst sentence."), ("word " * 80, "word " * 40),
    ("a b\na b\na b", "a b"), ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"), ("w1 w2 w3\nw4 w5", "w5 w4\nw3 w2 w1"), ("ſtraße", "strasse"),
]

SENTENCES = """
The police killed the gunman after a long standoff near the harbour.
Person1 asks Person2 to help with the moving boxes on Saturday morning.
Tom is worried about his exam results, but Anna tells him to stay calm.
The new library opens at nine and closes at six on weekdays.
She bought three apples, two pears and a loaf of bread for seven dollars.
Engineers are designing lighter batteries that charge within ten minutes.
The committee has decided to postpone the meeting until next Thursday.
Heavy rainfall flooded several streets and damaged hundreds of houses.
He enjoys playing the piano, reading novels and cooking for his friends.
Scientists discovered a tiny species of frog living high in the mountains.
The company reported lower profits because of increasing transport costs.
Maria recommends the Italian restaurant around the corner to her colleague.
Children were running, jumping and laughing happily in the sunny playground.
The customer complains that the delivered washing machine does not work.
Voters rejected the proposal by a narrow margin of 50.4 to 49.6 percent.
""".strip().split("\n")

ROOTS = """
relate condition ration valenc hesitanc digit conform radic differ vile analog vietnam predic oper feud decis hope call form sensit triplic formal electr good
reviv allow infer airlin gyroscop adjust defens irrit replac depend adopt homolog commun activ angular effect bowdler prob rat ceas control roll happ enjo
sk fl tr sp cr dr play buy stay try cry die lie tie spy agree feed need plaster bled motor sing conflat troubl siz hopp tann fall hiss fizz fail fil tell
archaeo geo theo bio psycho organ general nation person ident hospit possib respons care power beauti quick easy early busy yearly yoyo syzygy oyster yell
""".split()

SUFFIXES = """
_ s es ed ing er est ly y ies ied sses ss eed eedly ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness
aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence ic able ible ant ement ment ent sion tion ion ou ism ate iti ous ive ize e ee ll lle
yed ying ys at bl iz ated bled ized atting
""".split()

WORDS = """
sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed died dies lies ties pies spied flies cries tried
yyyy yyyyy ayyy byyyed toys boys says keys ways being been agreed freed greed seed proceeds exceeding succeeded abli ably nobly gently fully awfully wonderfully
apology analogies theologies logi ologi 1234 1990s 2nd 3rd 10th abc123 x86 a1s ieds ing inging eding ed eed aed singing bing bring thing everything nothing aing
""".split()

ANSWERS = [
    ("", ""), ("", "the"), ("the", ""), ("a", "an"), ("The Eiffel Tower", "eiffel tower"), ("Eiffel-Tower", "Eiffel Tower"), ("42", "42."), ("forty two", "42"),
    ("A  cat\tsat", "cat sat"), ("cat sat cat", "cat cat sat sat"), ("an apple a day", "apple day"), ("théa", "thé"), ("éa b", "é b"), ("a\u0301 b", "b"),
    ("“quoted”", "quoted"), ("U.S.A.", "USA"), ("it's", "its"), ("New\u00a0York", "New York"), ("x\u0085y", "x y"), ("\ufeffx", "x"), ("x\x1cy", "x y"), ("positive", "Positive"),
    ("the the the", ""), ("Anthem", "them"), ("and a", "and"), ("a_b", "ab"), ("日本", "日本"), ("日本 a", "日本"), ("5%", "5"), ("$12.99", "1299"), ("one two three", "three two four"),
    ("ΑΣ", "ας"), ("İ", "i"), ("x\u3000y", "x y"), ("a.b", "b"), ("b.a", "b"), ("the-end", "end"), ("theend", "end"), ("a²", "²"), ("a½ x", "x"), ("aⅷ x", "x"), ("٣a x", "x"),
]


def normalize_answer(text: str) -> str:
    """Lower case, no ASCII punctuation, no articles, single spaces."""
    text = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())


def compute_exact(gold: str, predicted: str) -> int:
    return int(normalize_answer(gold) == normalize_answer(predicted))


def compute_f1(gold: str, predicted: str) -> float:
    gold_tokens, predicted_tokens = normalize_answer(gold).split(), normalize_answer(predicted).split()
    same = sum((collections.Counter(gold_tokens) & collections.Counter(predicted_tokens)).values())
    if not gold_tokens or not predicted_tokens:
        return float(gold_tokens == predicted_tokens)
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted_tokens), same / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)


def varied_pairs(count: int, seed: int) -> list[tuple[str, str]]:
    """References and outputs that share some of their words, in and out of order, with one or several lines."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        lines = rng.sample(SENTENCES, rng.randint(1, 3))
        reference = rng.choice([" ", "\n"]).join(lines)
        changed = []
        for line in lines if rng.random() < 0.8 else rng.sample(SENTENCES, 2):
            words = line.split(" ")
            if rng.random() < 0.3:
                rng.shuffle(words)
            words = [w for w in words if rng.random() > 0.2]
            words = [rng.choice([w, w, w, w.upper(), w + "s", w.rstrip(".,"), rng.choice(SENTENCES).split(" ")[0]]) for w in words]
            changed.append(" ".join(words))
        pairs.append((reference, rng.choice([" ", "\n", ". "]).join(changed)))
    return pairs


def write(name: str, content: dict) -> None:
    (HERE / name).write_text(json.dumps(content) + "\n")


def main() -> None:
    versions = {name: version(name) for name in ("rouge_score", "nltk")}
    scorers = {stem: rouge_scorer.RougeScorer(TYPES, use_stemmer=stem) for stem in (False, True)}
    rows = []
    for reference, prediction in ODD_PAIRS + varied_pairs(250, seed=11):
        row = {"reference": reference, "prediction": prediction}
        for stem, scorer in scorers.items():
            scores = scorer.score(reference, prediction)
            row["stemmed" if stem else "plain"] = [scores[name].fmeasure for name in TYPES]
        rows.append(row)
    write("rouge.json", {"versions": versions, "types": TYPES, "pairs": rows})

    words = sorted({root + suffix.strip("_") for root in ROOTS for suffix in SUFFIXES} | set(WORDS))
    stemmer = PorterStemmer()
    write("stems.json", {"versions": versions, "words": " ".join(words), "stems": " ".join(map(stemmer.stem, words))})

    answers = [
        {
            "reference": reference,
            "prediction": prediction,
            "normalized": normalize_answer(prediction),
            "exact": compute_exact(reference, prediction),
            "f1": compute_f1(reference, prediction),
        }
        for a, b in ANSWERS
        for reference, prediction in ((a, b), (b, a))
    ]
    write("squad.json", {"versions": versions, "answers": answers})
    print(f"{len(rows)} ROUGE pairs, {len(words)} stems, {len(answers)} answers, {versions}")


if __name__ == "__main__":
    main()
