"""Logging of a job: to its log file and to stderr, errors of ours without a traceback."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType

from scarp.errors import ScarpError

logger = logging.getLogger("scarp")


def start(path: str | Path) -> None:
    """Send the scarp logger to `path` and to stderr, and uncaught exceptions with it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    form = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    for handler in (logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler()):
        handler.setFormatter(form)
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(logger.handlers[0])
    sys.excepthook = _log_uncaught


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if isinstance(error, ScarpError):
        logger.error("%s", error)
    else:
        logger.error("uncaught", exc_info=(kind, error, trace))
