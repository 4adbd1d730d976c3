"""The four HDF5 files of published patches, as they are.

Each holds 60 datasets of (patch, 1, y, x) float32, one per channel and the mask, in the archive's
units; the newest version adds an attribute `IDs_order` with the event of each patch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from scarp.channels import MASK, all_channels
from scarp.errors import DataError, Fault

_AGAIN = "unpack or fetch the archive again"


@dataclass(frozen=True)
class Side:
    """One file of patches.

    Attributes
    ----------
    path: of the file.
    count: patches; size: side of a patch in pixels.
    events: event of each patch as the file names it; None where it does not.
    """

    path: Path
    count: int
    size: int
    events: tuple[str, ...] | None


def describe(path: str | Path, events: Sequence[str]) -> Side:
    """Check a file of patches and read what is known of them.

    Parameters
    ----------
    events: ids that a patch may belong to.

    Raises
    ------
    DataError: with all faults: the file cannot be read, lacks datasets, holds other shapes or
        types, or names events that the archive does not have.
    """
    with _opened(path) as file:
        wanted = (*all_channels(), MASK)
        missing = [name for name in wanted if name not in file]
        if missing:
            raise DataError(
                Fault(
                    f"lacks {', '.join(missing[:5])}"
                    + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),
                    str(path),
                    f"{len(wanted)} datasets such as PRE1_B02 and None_MASK",
                    _AGAIN,
                )
            )
        shape = file[MASK].shape
        faults = [
            Fault(
                f"{name} has shape {file[name].shape} and type {file[name].dtype}",
                str(path),
                "(patch, 1, y, x) numbers, the same for all datasets, y equal to x",
                _AGAIN,
            )
            for name in wanted
            if file[name].shape != shape
            or len(shape) != 4
            or shape[1] != 1
            or shape[2] != shape[3]
            or file[name].dtype.kind not in "iuf"
        ]
        if faults:
            raise DataError(faults)
        named = _named_events(file, shape[0], events, str(path))
    return Side(Path(path), shape[0], shape[2], named)


def read(side: Side, channel: str, patches: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """One channel of the given patches (all when None), (patch, y, x) float32, as stored.

    Raises
    ------
    DataError: the file is damaged.
    """
    with _opened(side.path) as file:
        try:
            if patches is None:
                found = file[channel][:, 0]
            else:
                # HDF5 wants indices in rising order.
                order = np.argsort(patches)
                found = np.empty((len(patches), side.size, side.size), dtype=np.float32)
                if len(patches):
                    found[order] = file[channel][patches[order], 0]
        except OSError as error:
            raise DataError(
                Fault(f"{channel} cannot be read ({error})", str(side.path), cure=_AGAIN)
            ) from None
    return np.asarray(found, dtype=np.float32)


@contextmanager
def _opened(path: str | Path) -> Iterator[h5py.File]:
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=_AGAIN)) from None
    with file:
        yield file


def _named_events(
    file: h5py.File, count: int, events: Sequence[str], path: str
) -> tuple[str, ...] | None:
    """Event of each patch by the attribute `IDs_order`, of the file or of one of its datasets.

    Its form is not documented: a list of texts, or one text of them, each of which is an id or
    starts with one.
    """
    holders: list[Mapping[str, Any]] = [file.attrs, *(file[name].attrs for name in sorted(file))]
    found = next((holder["IDs_order"] for holder in holders if "IDs_order" in holder), None)
    if found is None:
        return None
    texts = [_text(item) for item in np.atleast_1d(found).ravel()]
    if len(texts) == 1 and count != 1:
        texts = re.findall(r"[^\s,;'\"\[\]()]+", texts[0])
    if len(texts) != count:
        raise DataError(
            Fault(f"IDs_order names {len(texts)} patches, the file has {count}", path, cure=_AGAIN)
        )
    # The longest first: an id may start another one.
    known = sorted(events, key=len, reverse=True)
    named = [next((event for event in known if text.startswith(event)), "") for text in texts]
    unknown = sorted({text for text, event in zip(texts, named, strict=True) if not event})
    if unknown:
        raise DataError(
            Fault(
                f"IDs_order names {', '.join(unknown[:5])}, which the archive has no scenes of",
                path,
                ", ".join(sorted(events)),
                "give the whole archive, or unpack it again",
            )
        )
    return tuple(named)


def _text(item: Any) -> str:
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
