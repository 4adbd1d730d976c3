"""Unit phasors of phases that may be many cycles long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def phasor(phase: NDArray[np.float64]) -> NDArray[np.complex64]:
    """exp(+j phase) as complex64; phase in radians, any shape and size, NaN gives NaN.

    Cycles are taken off in double precision, so that the sine may be computed in single precision,
    which is several times faster: an error below 1e-6 rad up to phases of 1e9 rad.
    """
    wrapped = (phase - 2 * np.pi * np.rint(phase / (2 * np.pi))).astype(np.float32)
    result = np.empty(wrapped.shape, dtype=np.complex64)
    np.cos(wrapped, out=result.real)
    np.sin(wrapped, out=result.imag)
    return result
