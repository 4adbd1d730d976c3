"""How far a map is, as lines in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_LOG = logging.getLogger("scarp")
#: Seconds between two lines.
_EVERY = 10.0


class Progress:
    """Logs share done, rate and time left, at most every ten seconds and at the end.

    Parameters
    ----------
    name: what is mapped.
    work: of the whole map, in the unit of `add`.
    pixels: of the whole map.
    clock: gives seconds.
    """

    def __init__(
        self, name: str, work: int, pixels: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._work = work
        self._pixels = pixels
        self._clock = clock
        self._start = self._last = clock()
        self._done = 0

    def add(self, work: int) -> None:
        """Note that so much more work is done."""
        self._done += work
        now = self._clock()
        ended = self._done == self._work
        if now - self._last < _EVERY and not ended:
            return
        self._last = now
        took = max(now - self._start, 1e-3)
        share = self._done / self._work
        rate = share * self._pixels / took / 1e6
        rest = took * (1 - share) / share
        left = f"all done after {_readable(took)}" if ended else f"about {_readable(rest)} left"
        _LOG.info("%s: %.0f %%, %.3g million pixels/s, %s", self._name, 100 * share, rate, left)


def _readable(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
