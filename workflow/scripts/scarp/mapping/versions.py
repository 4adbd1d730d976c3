"""Versions of an event's map, kept so that the next one can say what changed.

A version is a folder with copies of the files that tell it, named by its number and a digest of
their bytes. A map that is made again with the same bytes is no new version.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path


def keep_version(folder: str | Path, files: Sequence[str | Path]) -> Path | None:
    """Keep a copy of these files as a version; return the folder of the one before it, if any.

    What a killed process leaves half-copied is hidden, and written over by the next attempt.

    Parameters
    ----------
    folder: of all versions of one event.
    files: that tell this version; their names are kept.
    """
    hashed = hashlib.blake2b(digest_size=6)
    for path in map(Path, files):
        hashed.update(path.name.encode() + path.read_bytes())
    digest = hashed.hexdigest()
    versions = sorted(Path(folder).glob("[0-9]*-*"))
    if versions and versions[-1].name.endswith(f"-{digest}"):
        return versions[-2] if len(versions) > 1 else None
    number = 1 + (int(versions[-1].name.partition("-")[0]) if versions else 0)
    partial = Path(folder) / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for path in map(Path, files):
        shutil.copyfile(path, partial / path.name)
    os.replace(partial, Path(folder) / f"{number:04d}-{digest}")
    return versions[-1] if versions else None
