"""Checks of arrays that lie on one grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault


def check_shapes(**arrays: NDArray[Any]) -> None:
    """Refuse arrays of different shapes: NumPy would broadcast them and count pixels twice.

    Raises
    ------
    DataError: names each array with its shape.
    """
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(
            Fault(
                "do not lie on one grid",
                ", ".join(f"{name} {shape}" for name, shape in shapes.items()),
                "arrays of one shape",
                "delete the prediction and let the workflow make it again",
            )
        )
