"""Names of classes between edges, such as <10, 10-20, >=20: in order, and as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scarp.object_counts import ALL
from scarp.objects import CUT

_EDGE = re.compile(r"\d+(?:\.\d+)?(?:e\+\d+)?")
#: Classes that are not told by edges, in order; those of edges stand before the last two.
_NAMED = ("none", "layover", "possible", "shadow", "certain", CUT, ALL)
_TOLD = {"none": "none", CUT: "cut by border", ALL: "all landslides"}
SQUARE_METRES_OF_HECTARE = 10_000.0


def in_order(names: Iterable[str]) -> list[str]:
    """Distinct classes from low to high, then those that the border cuts, then all."""

    def place(name: str) -> tuple[bool, int, float, bool]:
        if name in _NAMED:
            return name in (CUT, ALL), _NAMED.index(name), 0.0, False
        return False, 0, float(_EDGE.findall(name)[-1]), name.startswith(">=")

    return sorted(set(names), key=place)


def class_label(name: str, unit: str, per_unit: float = 1.0) -> str:
    """A class as people read it: 'under 0.25 ha', '0.25 to 1 ha', 'from 1 ha'.

    Parameters
    ----------
    name: such as `scarp.objects.size_classes` gives; a name without edges is told by itself.
    unit: stands behind the numbers, with the blank before it.
    per_unit: what one unit is in that of the edges.
    """
    if name in _NAMED:
        return _TOLD.get(name, name)
    told = _EDGE.sub(lambda edge: f"{float(edge[0]) / per_unit:g}", name)
    for sign, word in ((">=", "from "), ("<", "under "), ("-", " to ")):
        told = told.replace(sign, word)
    return told + unit


def size_label(name: str) -> str:
    """A class of areas in square metres, in hectares."""
    return class_label(name, " ha", SQUARE_METRES_OF_HECTARE)


def stratum_label(kind: str, name: str) -> str:
    """A stratum of a kind of `scarp.strata`."""
    if kind == "slope":
        return class_label(name, "°")
    return size_label(name) if kind == "size" else name
