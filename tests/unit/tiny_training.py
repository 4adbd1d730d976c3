"""A training of a few seconds, for tests, and one that interrupts itself.

    python tests/unit/tiny_training.py FILES OUT HOW AFTER

trains into folder OUT from the files that `make` wrote into FILES, and interrupts itself: HOW is
`SIGTERM`, `SIGINT` or `SIGKILL` in step AFTER (SIGTERM again while that is being saved, as SLURM
does), `saving` is a death within the AFTERth checkpoint, `renaming` one between the two renames of
a checkpoint.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

import torch

from scarp import scaling
from scarp.train import train
from scarp.training import checkpoint
from scarp.training.loop import Training
from scarp.training.settings import Experiment, ModelFiles, TrainingFiles, TrainingSettings
from tiny import CHANNELS, tiny_patches, write_augmentation, write_patch_list

PATCHES = [(event, patch) for event in "AB" for patch in range(6)]
VALIDATION = [("C", patch) for patch in range(6)]
EXPERIMENT = Experiment(
    "roles", "test", "1pre-1post", 3, CHANNELS, "paper", "train", "as-published", "c0de"
)
#: An epoch is four whole batches of the 72 rows, one of eight, and validation.
SETTINGS = TrainingSettings(
    epochs=3,
    batch_size=16,
    learning_rate=1e-2,
    base_width=4,
    blocks=2,
    device="cpu",
    precision="fp32",
)


def make(folder: Path, training: Sequence[tuple[str, int]] = PATCHES) -> TrainingFiles:
    """Write what a training on these patches reads."""
    patches = {event: tiny_patches(folder, event) for event in "ABC"}
    limits = scaling.fit(patches, training, (1, 99))
    (folder / "scaling.json").write_text(scaling.to_json([limits]))
    write_augmentation(folder / "augmentation.tsv", training)
    write_patch_list(folder / "validation.tsv", VALIDATION)
    return files_in(folder)


def files_in(folder: Path) -> TrainingFiles:
    """What `make` wrote."""
    return TrainingFiles(
        {event: folder / f"{event}.nc" for event in "ABC"},
        folder / "augmentation.tsv",
        folder / "validation.tsv",
        folder / "scaling.json",
    )


def model_files(folder: Path) -> ModelFiles:
    return ModelFiles(folder / "model.safetensors", folder / "history.tsv")


def _die_in_step(name: str, after: int) -> None:
    learn, left = Training._learn, [after]

    def counted(self: Training, rows: torch.Tensor) -> None:
        learn(self, rows)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), getattr(signal, name))

    Training._learn = counted  # type: ignore[method-assign]


def _told_again_in_save() -> None:
    write = checkpoint.save_file

    def interrupted(tensors: object, path: Path, metadata: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        write(tensors, path, metadata)

    checkpoint.save_file = interrupted


def _die_in_save(after: int) -> None:
    """Half of the file is there under its hidden name."""
    write, left = checkpoint.save_file, [after]

    def counted(tensors: object, path: Path, metadata: object) -> None:
        write(tensors, path, metadata)
        left[0] -= 1
        if not left[0]:
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoint.save_file = counted


def _die_between_renames() -> None:
    """The newest checkpoint has become the older one, and the new one is not there yet."""
    rename = os.replace

    def watched(old: Path, new: Path) -> None:
        rename(old, new)
        if Path(new).name == "checkpoint.older.safetensors":
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = watched


def main(files: str, out: str, how: str, after: str) -> None:
    if how.startswith("SIG"):
        _die_in_step(how, int(after))
        if how == "SIGTERM":
            _told_again_in_save()
    elif how == "saving":
        _die_in_save(int(after))
    else:
        _die_between_renames()
    # Every step is saved where the death is in a save; else what the signal itself saves counts.
    minutes = 1e-9 if how in ("saving", "renaming", "SIGKILL") else 10.0
    settings = replace(SETTINGS, checkpoint_minutes=minutes)
    train({EXPERIMENT: model_files(Path(out))}, settings, files_in(Path(files)))


if __name__ == "__main__":
    main(*sys.argv[1:])
