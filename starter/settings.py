"""Every number of the recipe in one place: sizes, data mix, schedule."""

from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
DATA = REPO.parent / "shared" / "data"
OUTPUT = REPO / "public" / "models" / "starter"

# Vocabulary: 8,092 SentencePiece pieces (three of them special) and 100 sentinels.
PIECES = 8092
SENTINELS = 100
VOCAB = PIECES + SENTINELS
PAD, EOS, UNK = 0, 1, 2

# Shape of the network (T5 v1.1 blocks, output layer tied to the embedding).
MODEL = dict(
    d_model=256,
    d_kv=64,
    num_heads=4,
    d_ff=832,
    num_layers=6,
    num_decoder_layers=4,
    relative_attention_num_buckets=32,
    relative_attention_max_distance=128,
)

# Examples are packed into rows of this many tokens, so no position is wasted on padding.
ENCODER_ROW = 384
DECODER_ROW = 96

# Span corruption: share of tokens removed and mean length of a removed span.
NOISE_DENSITY = 0.17
MEAN_SPAN = 3.0

# Share of a file's rows in the instruction mix (relative numbers).
FILE_WEIGHTS = {
    "text-tasks": 32,
    "sgd-dialogue": 19,
    "squad-dev-half": 15,
    "factbook": 11,
    "wordnet": 6,
    "goemotions": 4,
    "topical-chat": 3,
    "wikisql": 3,
    "tldr-commands": 3,
    "opentriviaqa": 2,
    "crd3-summaries": 2,
    "scitldr": 2,
    "gsm8k": 1,
    "qmsum": 0.5,
}

# Within a file a task's share is its number of rows times this factor (1 unless named).
# Tasks that can be solved by reading count more than tasks that need knowledge of the world.
TASK_FACTORS = {
    "copy": 0.4,
    "one-sentence summary": 2.0,
    "keywords": 1.3,
    "extract names": 1.5,
    "replace a word": 1.3,
    "definition from text": 1.3,
    "first sentence from title": 0.2,
    "continue text": 0.4,
    "sentence order": 0.3,
    "split sentences": 0.4,
    "unscramble": 0.3,
    "count words": 0.4,
    "spell a word": 0.5,
    "word present": 0.5,
    "fact about a country": 0.15,
    "dialogue summary": 2.5,
    "next reply": 0.5,
    "answer from text": 1.5,
    "define a word": 0.4,
    "word for a definition": 0.4,
    "synonyms": 0.6,
    "examples of a category": 0.4,
    "open trivia": 0.3,
    "summary from a title": 0.3,
    "word problem": 0.5,
}

# Share of the rows that ask about a text which show it as the studio's RAG prompt does, among passages of other rows.
PASSAGE_LAYOUT = 0.4

# Rows whose key hashes to 0 modulo this number are never trained on (about 1 %).
HELD_OUT = 100

# Training.
BATCH_ROWS = 16
WARMUP = 0.03  # share of the training time
FAST_START = 0.15  # share of the training time after which the learning rate is halved
DECAY = 0.75  # share of the time after which it falls to zero in a straight line
REWARM_STEPS = 60  # after a start from exported weights, whose optimizers' moments are lost
CLIP = 1.0
MARKING, GUIDANCE = 1.0, 1.0  # weights of the second and third loss, see model.packed_losses
COMPARING, ANSWERING = (1, 3), (4, 3)  # guided heads of the encoder: block and head
# Peak learning rates per kind of parameter. T5 does not scale its attention scores by 1/sqrt(d_kv): the query weights
# carry that factor (1/8 here), so they start eight times smaller and must move in eight times smaller steps.
PEAK = dict(muon=0.008, query=0.001, embedding=0.008, position=0.02, small=0.003)
# Share of three kinds of rows at the start, and when (share of the time) it has fallen to zero, which the last never
# does; the rest of a batch are instruction rows.
MIX = {"pretrain": (0.4, 0.8), "copying": (0.2, 0.4), "lookup": (0.6, 3.0)}
