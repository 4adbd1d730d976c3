"""Room on disk, looked at before anything large is written."""

from __future__ import annotations

import shutil
from pathlib import Path

from scarp.errors import DataError, Fault

#: Share of what is to be written that must stay free on top of it.
_MARGIN = 0.05
_UNITS = ("kB", "MB", "GB", "TB", "PB")


def require_space(path: str | Path, needed: int, purpose: str) -> None:
    """Check that `needed` bytes and 5 % more can be written at `path`.

    Parameters
    ----------
    path: the folder that is to be written to; it need not be there yet.
    needed: bytes.
    purpose: what they are for, as a noun, for the message.

    Raises
    ------
    DataError: the file system of `path` has less room than that.
    """
    folder = Path(path).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed * (1 + _MARGIN):
        raise DataError(
            Fault(
                f"{purpose} needs {readable_size(needed)} and 5 % more,"
                f" {readable_size(free)} are free",
                str(folder),
                cure="make room there, or let the folder be a link to a larger disk",
            )
        )


def readable_size(n: int) -> str:
    """Write a number of bytes in decimal units, such as ``6.0 GB``."""
    if n < 1000:
        return f"{n} bytes"
    size = float(n)
    for unit in _UNITS:
        size /= 1000
        # What one decimal rounds to 1000.0 belongs to the next unit.
        if round(size, 1) < 1000 or unit == _UNITS[-1]:
            break
    return f"{size:.1f} {unit}"
