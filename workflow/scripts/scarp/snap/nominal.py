"""Graphs as the workflow will compose them, before it knows an event's scenes and bursts."""

from __future__ import annotations

from itertools import product

from scarp.errors import DataError
from scarp.sentinel1.settings import Processing
from scarp.snap.compose import compose
from scarp.snap.elevation import NODATA
from scarp.snap.gpt import find_gpt, version_of
from scarp.snap.graph import Graph
from scarp.snap.settings import (
    KINDS,
    PRECISE,
    RESTITUTED,
    SUBSWATHS,
    Date,
    GraphSettings,
    Swath,
)


def checkable_graphs(
    gpt: str, version: str, processing: Processing, orbit: str, spectral_diversity: bool
) -> dict[str, Graph]:
    """`nominal_graphs` for the configured or the installed version; none where neither is known."""
    try:
        known = version or version_of(find_gpt(gpt))
        return nominal_graphs(known, processing, orbit, spectral_diversity)
    except DataError:
        return {}  # the preflight says what is wrong with gpt or the version


def nominal_graphs(
    version: str, processing: Processing, orbit: str, spectral_diversity: bool
) -> dict[str, Graph]:
    """A graph of every kind, for one to three subswaths, of one product and of two slices.

    Together they hold every node and parameter that a graph of the workflow can have; scenes,
    bursts and map projection are examples.

    Parameters
    ----------
    version: of SNAP.
    orbit: least accurate orbit that is taken, "precise" or "restituted".

    Returns
    -------
    What a graph is for, in words -> the graph.

    Raises
    ------
    DataError: an unknown version, or a template that cannot be used.
    """
    types = {"precise orbits": PRECISE}
    if orbit == "restituted":
        types["restituted orbits"] = RESTITUTED
    made = {}
    for kind, count, slices, (words, orbit_type) in product(
        KINDS, range(1, len(SUBSWATHS) + 1), (1, 2), types.items()
    ):
        swaths = tuple(Swath(name, 1, 2) for name in SUBSWATHS[:count])
        names = tuple(f"slice{number}.zip" for number in range(1, slices + 1))
        date = Date(names, swaths, orbit_type)
        settings = GraphSettings(
            dates=(date, date) if kind == "coherence" else (date,),
            epsg=32633,
            dem="elevation.tif",
            output=f"{kind}.dim",
            processing=processing,
            dem_nodata=NODATA,
            geometry=kind == "backscatter",
            spectral_diversity=spectral_diversity,
        )
        made[f"{kind}, subswaths {count}, slices {slices}, {words}"] = compose(
            kind, version, settings
        )
    return made
