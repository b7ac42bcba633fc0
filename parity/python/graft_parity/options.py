"""What the runner asks of every case."""

from dataclasses import dataclass
from pathlib import Path


class Skipped(Exception):
    """Something that a case needs is not on this machine; the message says what."""


@dataclass(frozen=True)
class Options:
    seed: int
    """Decides weights, shapes, batches and texts: a case passes with any."""
    quick: bool
    """Fewer rows and smaller shapes."""
    repository: Path
    data: Path | None
    """A folder with `t5-tokenizer/` and texts, where there is one."""


def line(name: str, ours, reference, error: float, tolerance: float) -> dict:
    """One comparison; it passes when `error` is at most `tolerance`."""
    return {"name": name, "ours": ours, "reference": reference, "error": float(error), "tolerance": tolerance}
