"""Writing files so that nothing half-made ever stands under a final name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def beside(path: str | Path) -> Iterator[Path]:
    """Yield a path next to `path`; rename it to `path` on success, remove it on failure.

    The file's suffix is kept, since many writers choose their format by it. What a killed process
    leaves behind is hidden, and written over by the next attempt.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(final)
    try:
        yield partial
        os.replace(partial, final)
    finally:
        partial.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """Under which name `beside` writes a file."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path` in one step."""
    with beside(path) as partial:
        partial.write_text(text, encoding="utf-8")
