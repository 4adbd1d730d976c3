"""Several trainings in one process, and what interrupts them.

Trainings take turns, a batch each. On a CPU that changes nothing but the order of the work. On a
GPU each has a stream of its own, so that kernels too small to fill it run at the same time.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import torch

from scarp.errors import Fault, TrainingError
from scarp.training.loop import Training

logger = logging.getLogger("scarp")

#: Exit code of a training that was told to leave and can go on (EX_TEMPFAIL of sysexits.h).
INTERRUPTED = 75
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def take_turns(
    trainings: Sequence[Training],
    save: Callable[[Training], None],
    finish: Callable[[Training], None],
    minutes: float,
) -> None:
    """Run trainings to their ends, in turns.

    SIGTERM and SIGINT save all that have not ended and leave the process with code `INTERRUPTED`.

    Parameters
    ----------
    save: writes the state of a training; finish: writes what comes out of one that has ended.
    minutes: time between saves.

    Raises
    ------
    TrainingError: with the faults of those that could not go on, when the others have ended.
    """
    told: list[int] = []
    faults: list[Fault] = []
    with _told_by_signals(told):
        running = [(training, training.run(), _stream(training)) for training in trainings]
        saved = time.monotonic()
        while running:
            for turn in list(running):
                training, batches, stream = turn
                try:
                    with stream:
                        next(batches)
                except StopIteration:
                    running.remove(turn)
                    finish(training)
                except TrainingError as error:
                    running.remove(turn)
                    faults += error.faults
                if told:
                    break
            if told or time.monotonic() - saved > 60 * minutes:
                for training, _, stream in running:
                    with stream:
                        save(training)
                saved = time.monotonic()
            if told and running:
                logger.warning(
                    "told to leave by %s: the state is saved, the next run goes on from it",
                    signal.Signals(told[0]).name,
                )
                raise SystemExit(INTERRUPTED)
    if faults:
        raise TrainingError(faults)


def _stream(training: Training) -> contextlib.AbstractContextManager[object]:
    device = training.losses.device
    if device.type != "cuda":
        return contextlib.nullcontext()
    torch.cuda.synchronize(device)  # what was put there by another stream must have arrived
    return torch.cuda.stream(torch.cuda.Stream(device))  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _told_by_signals(told: list[int]) -> Iterator[None]:
    """Add SIGTERM and SIGINT to `told` instead of dying of them."""

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)
        # SLURM sends SIGTERM twice; whoever types Ctrl-C twice does not want to wait.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    before = {name: signal.signal(name, note) for name in _SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
