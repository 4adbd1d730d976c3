"""One GPU for one process at a time, whoever started it.

Snakemake limits how many jobs hold a GPU at once, but does not say which one a job takes
(snakemake issue 281), and two runs of it know nothing of each other. Each process therefore locks
a file per GPU in the machine's temporary folder. The system takes the lock back when the process
ends, however it ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from pathlib import Path
from time import sleep

import torch

logger = logging.getLogger("scarp")

#: Seconds between looks for a free GPU.
_PAUSE = 5.0
#: Open files whose locks this process holds, by GPU.
_held: dict[int, int] = {}


def claim() -> int:
    """Take a visible GPU that no other process of scarp holds, and wait for one.

    Returns
    -------
    Its number among the visible ones; the same at each call.
    """
    said = False
    while not _held:
        for number in range(torch.cuda.device_count()):
            identity = torch.cuda.get_device_properties(number).uuid
            file = _open(Path(tempfile.gettempdir(), f"scarp-gpu-{identity}.lock"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            _held[number] = file
            return number
        if not said:
            logger.info("every GPU is taken by another process of scarp: waiting for one")
            said = True
        sleep(_PAUSE)
    return next(iter(_held))


def _open(path: Path) -> int:
    # Not created where it exists: Linux refuses that for another user's file in a shared folder.
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
