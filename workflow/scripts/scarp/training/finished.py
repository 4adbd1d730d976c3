"""Finished models under a second name, so that one which is asked for again is not trained again.

Snakemake removes what a job is to make before it runs the job. A job of several models that runs
because of one of them would lose the others, although nothing has changed for them. A hard link
beside each model keeps it, and takes no room on disk. Where the file system has no hard links the
model is trained again.
"""

from __future__ import annotations

import os
from pathlib import Path

from scarp.errors import ModelError
from scarp.files import beside
from scarp.model_description import read_description
from scarp.training.settings import ModelFiles


def keep(written: ModelFiles) -> None:
    """Keep a model and its history under second names, in place of what stood there."""
    model, history = _kept(written)
    model.unlink(missing_ok=True)
    history.unlink(missing_ok=True)
    try:
        os.link(written.history, history)
        os.link(written.model, model)  # last: it says that both are there
    except OSError:
        history.unlink(missing_ok=True)


def take_over(written: ModelFiles, fingerprint: str) -> bool:
    """Put a kept model and its history back; false unless there is one of this fingerprint."""
    model, history = _kept(written)
    try:
        if not history.exists() or read_description(model).fingerprint != fingerprint:
            return False
    except ModelError:
        return False
    for kept, final in ((history, written.history), (model, written.model)):
        with beside(final) as partial:
            partial.unlink(missing_ok=True)
            os.link(kept, partial)
    return True


def _kept(written: ModelFiles) -> tuple[Path, Path]:
    folder = written.model.parent
    return folder / "finished.safetensors", folder / "finished.tsv"
