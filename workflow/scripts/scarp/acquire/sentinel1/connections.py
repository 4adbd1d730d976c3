"""A limit to the connections that are open at a time, over all processes of a machine."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
#: Seconds between two looks for a free place.
_PAUSE = 2.0


@contextmanager
def connection(
    folder: str | Path, limit: int, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold one of `limit` places while the context lasts; waits until one is free.

    A place is a locked file, so that a killed process gives its own back, and a limit holds for
    workflows that run side by side. It holds over several machines where they share `folder` on a
    file system that has locks.

    Parameters
    ----------
    folder: of the lock files, the same for all who share the limit.
    limit: how many places there are.
    sleep: waits for so many seconds.

    Raises
    ------
    DataError: the lock files cannot be made.
    """
    descriptor, told = None, False
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        while descriptor is None:
            descriptor = _free(Path(folder), limit)
            if descriptor is None:
                if not told:
                    _LOG.info("waits for one of %d connections to end", limit)
                    told = True
                sleep(_PAUSE)
    except OSError as error:
        raise DataError(
            Fault(
                f"cannot be written ({error.strerror})",
                str(folder),
                cure="correct the rights there, or name another folder",
            )
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _free(folder: Path, limit: int) -> int | None:
    """A descriptor that holds a free place; None where there is none."""
    for number in range(1, limit + 1):
        descriptor = os.open(folder / f"connection-{number}.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        except OSError as error:
            _LOG.warning(
                "%s: this file system has no locks (%s); do not fetch more than %d files at a time",
                folder,
                error.strerror,
                limit,
            )
            return descriptor
        else:
            return descriptor
    return None
