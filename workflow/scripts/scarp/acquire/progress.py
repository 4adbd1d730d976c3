"""How far a long transfer is, as lines in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from scarp.disk import readable_size

_LOG = logging.getLogger("scarp")
#: Seconds between two lines.
_EVERY = 10.0


class Progress:
    """Logs how far a transfer is, at most every ten seconds.

    Parameters
    ----------
    name: what is transferred.
    clock: gives seconds.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._start = self._last = clock()
        self._received = 0

    def add(self, received: int, done: int, total: int) -> None:
        """Note that `received` bytes came: `done` are there now, of `total` (0: unknown)."""
        self._received += received
        now = self._clock()
        if now - self._last < _EVERY:
            return
        self._last = now
        rate = self._received / (now - self._start)
        line = readable_size(done)
        if total:
            line += f" of {readable_size(total)} ({100 * done // total} %)"
        line += f", {readable_size(round(rate))}/s"
        if total and rate:
            line += f", about {_readable_time((total - done) / rate)} left"
        _LOG.info("%s: %s", self._name, line)

    def end(self, done: int, remark: str) -> None:
        """Log that all `done` bytes are there."""
        took = _readable_time(self._clock() - self._start)
        _LOG.info("%s: %s are there after %s%s", self._name, readable_size(done), took, remark)


def _readable_time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
