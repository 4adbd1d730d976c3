"""Symmetries of a square patch, and the sets of them that training may use.

The paper's set (Orynbaikyzy et al. 2025) is the patch itself, two flips and three rotations; the
symmetries of the square, the dihedral group D4, add the flips along both diagonals. This module
imports nothing: it serves arrays and tensors alike, and is read where neither is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

#: What each transform does, in this order: swap rows and columns, reverse rows, reverse columns.
_STEPS: dict[str, tuple[bool, bool, bool]] = {
    "identity": (False, False, False),
    "flip-horizontal": (False, False, True),
    "flip-vertical": (False, True, False),
    "rotate-90": (True, True, False),
    "rotate-180": (False, True, True),
    "rotate-270": (True, False, True),
    "flip-diagonal": (True, False, False),
    "flip-antidiagonal": (True, True, True),
}
#: Every transform; rotations are anticlockwise.
TRANSFORMS: tuple[str, ...] = tuple(_STEPS)
#: Transforms of each augmentation set.
SETS: dict[str, tuple[str, ...]] = {
    "none": TRANSFORMS[:1],
    "paper": TRANSFORMS[:6],
    "symmetries": TRANSFORMS,
}

Array = TypeVar("Array")


def transform(array: Array, name: str) -> Array:
    """Apply a transform to the last two axes (y, x) of an array or a tensor.

    Parameters
    ----------
    array: NumPy array or PyTorch tensor of any type, rows north to south.
    name: one of `TRANSFORMS`; KeyError for any other.
    """
    transpose, reverse_rows, reverse_columns = _STEPS[name]
    turned: Any = array
    if transpose:
        turned = turned.swapaxes(-2, -1)
    # Lists of indices rather than [::-1], which tensors do not know.
    if reverse_rows:
        turned = turned[..., list(range(turned.shape[-2]))[::-1], :]
    if reverse_columns:
        turned = turned[..., list(range(turned.shape[-1]))[::-1]]
    return cast(Array, turned)


def augment(patches: Iterable[tuple[str, int]], name: str) -> list[tuple[str, int, str]]:
    """Pair every patch (event, index) with every transform of the set `name`."""
    return [(event, patch, step) for event, patch in patches for step in SETS[name]]
