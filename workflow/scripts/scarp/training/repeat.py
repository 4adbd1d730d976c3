"""Repeating a function that always does the same work, at little cost of telling a GPU.

A step of training is some hundred short kernels. A large GPU ends each sooner than Python can ask
for the next, so that it mostly waits. A CUDA graph is asked for once: it repeats the kernels of a
function on the same memory (Ng et al. 2021, "Accelerating PyTorch with CUDA Graphs").
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

logger = logging.getLogger("scarp")

#: Calls before the recording, in which libraries choose and load their kernels.
_WARM_UP = 3


class Repeat:
    """A function without arguments and results, to be called many times.

    On a CPU each call is a call. On a GPU the fourth call is recorded and later ones repeat the
    recording. The function must therefore always work on the same tensors, made outside, and never
    wait for the GPU; and it must be called within a stream that is not the default one.

    Parameters
    ----------
    function: what is repeated.
    record: false calls the function each time.
    """

    def __init__(self, function: Callable[[], None], record: bool) -> None:
        self._function = function
        self._record = record
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        if self._graph is not None:
            self._graph.replay()
            return
        if self._record and self._calls >= _WARM_UP:
            try:
                self._graph = _recorded(self._function)
            except RuntimeError as error:  # what cannot be recorded can still be called
                logger.warning("the GPU cannot record this work (%s): going on without", error)
                self._record = False
            else:
                self._graph.replay()  # a recording does not run
                return
        self._calls += 1
        self._function()


def _recorded(function: Callable[[], None]) -> torch.cuda.CUDAGraph:
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
        function()
    return graph
