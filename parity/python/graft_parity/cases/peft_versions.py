"""Adapters between Graft and several versions of peft, both ways: the pinned one, 0.14 and 0.10.

Older versions are installed without their dependencies' dependencies into folders of their own beside the environment's
packages (in the environment, or where GRAFT_PEFT_VERSIONS says) and run on the environment's PyTorch.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from graft_parity.options import Options, Skipped, line
from graft_parity.t5_models import batch_json, empty_model, random_batch, randomise, save_model, tiny_shape, use_float64

# Each peft with a transformers of its time.
OLDER = {
    "0.14.0": ["peft==0.14.0", "transformers==4.47.1", "tokenizers==0.21.0", "huggingface_hub==0.27.1", "accelerate==0.34.2"],
    "0.10.0": ["peft==0.10.0", "transformers==4.39.3", "tokenizers==0.15.2", "huggingface_hub==0.23.5", "accelerate==0.34.2"],
}
SCRIPT = Path(__file__).resolve().parents[1] / "peft_of_version.py"
SHAPES = 2


def packages_folder() -> Path:
    return Path(os.environ.get("GRAFT_PEFT_VERSIONS", Path(sys.prefix) / "peft-versions"))


def install(name: str) -> Path:
    """The folder with this version, installed on first use. Raises CalledProcessError where pip cannot."""
    folder = packages_folder() / name
    done = folder / ".complete"
    if not done.exists():
        print(f"Installing peft {name} into {folder}")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target", str(folder)]
        subprocess.run([*pip, "--no-deps", *OLDER[name]], check=True, capture_output=True, text=True)
        subprocess.run([*pip, "requests==2.32.3"], check=True, capture_output=True, text=True)
        done.touch()
    return folder


def run(what: str, folder: Path, name: str) -> str:
    """Runs peft_of_version.py with this version; what it printed."""
    path = [str(packages_folder() / name)] if name in OLDER else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "HF_HUB_OFFLINE": "1"}
    told = subprocess.run([sys.executable, str(SCRIPT), what, str(folder), name], env=environment, capture_output=True, text=True)
    if told.returncode != 0:
        raise RuntimeError(f"peft {name}: {told.stderr[-1500:]}")
    return told.stdout


def make(folder: Path, options: Options) -> None:
    use_float64()
    random = np.random.RandomState(options.seed)
    bases = []
    for number in range(1 if options.quick else SHAPES):
        gated = number % 2 == 0  # both versions of T5
        shape = tiny_shape(random) | dict(feed_forward_proj="gated-gelu" if gated else "relu", tie_word_embeddings=not gated)
        # transformers before 5 makes the key-value cache by num_layers.
        shape["num_decoder_layers"] = shape["num_layers"]
        model = empty_model(shape)
        randomise(model, random, torch.float32)
        name = f"odd shape {number + 1}"
        save_model(folder / name, model, shape, torch.float32)
        batch = random_batch(random, shape["vocab_size"], 3, random.randint(8, 20), random.randint(4, 9))
        (folder / name / "batch.json").write_text(json.dumps(batch_json(batch)))
        bases.append(name)
    versions = [version("peft")]
    for name in OLDER:
        try:
            install(name)
        except subprocess.CalledProcessError as error:
            raise Skipped(f"pip could not install peft {name}: {error.stderr.strip().splitlines()[-1]}") from error
        versions.append(name)
    for name in versions:
        run("write", folder, name)
    methods = sorted(path.name for path in (folder / "theirs" / versions[0] / bases[0]).iterdir())
    (folder / "variants.json").write_text(json.dumps({"versions": versions, "bases": bases, "methods": methods}))


def check(folder: Path, options: Options) -> list[dict]:
    """What Graft wrote, read by every version: every tensor in its place, and the logits that Graft computed."""
    lines = []
    for name in json.loads((folder / "variants.json").read_text())["versions"]:
        for text in run("check", folder, name).splitlines():
            found = json.loads(text)
            label = f"{found['name']}, read by peft {name}"
            in_place = found["tensors"] if found["in_place"] else "differ"
            lines.append(line(f"{label}: tensors in place", in_place, found["tensors"], 0 if found["in_place"] else 1, 0))
            error = abs(found["ours"] - found["theirs"]) / found["scale"]
            lines.append(line(f"{label}: logits", found["ours"], found["theirs"], error, 1e-4))
    return lines
