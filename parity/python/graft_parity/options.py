"""What the runner asks of every case."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    seed: int
    """Decides weights, shapes, batches and texts: a case passes with any."""
    quick: bool
    """Fewer rows and smaller shapes."""
    repository: Path
    data: Path | None
    """A folder with `t5-tokenizer/` and texts, where there is one; cases that need it say so without it."""
