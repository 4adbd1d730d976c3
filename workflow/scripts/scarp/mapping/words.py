"""Numbers and attributes of landslides in words, as the page and the quick-look tell them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scarp.mapping.polygons import SHARES

_NARROW = "\N{NARROW NO-BREAK SPACE}"
#: Column -> what it is called, and how its values are written.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "probability_mean": ("probability", ".2f"),
    "probability_max": ("highest", ".2f"),
    "uncertainty_mean": ("uncertainty", ".2f"),
    "slope_mean": ("slope (°)", ".0f"),
    SHARES["layover_shadow"]: ("in layover or shadow", ".0%"),
    SHARES["layover_shadow_approximate"]: ("in layover or shadow, approximate", ".0%"),
    "latitude": ("latitude", ".5f"),
    "longitude": ("longitude", ".5f"),
}


def attributes_of(row: Mapping[str, Any], columns: Any) -> list[tuple[str, str]]:
    """Names and values of a landslide, its number first; what is not known is a dash.

    Parameters
    ----------
    row: of the table of `scarp.mapping.polygons.MapPolygons`.
    columns: of that table.
    """
    told = [("number", str(int(row["id"]))), ("area", size(float(row["area_m2"])))]
    for column, (name, how) in _COLUMNS.items():
        if column in columns:
            value = float(row[column])
            told.append((name, "\N{EN DASH}" if math.isnan(value) else signed(value, how)))
    return told


def size(area_m2: float) -> str:
    """An area in m2 below a hectare, in hectares below 100, else in km2, whole from 100 on."""
    if area_m2 < 1e4:
        return f"{number(round(area_m2))} m²"
    if area_m2 < 1e6:
        return f"{area_m2 / 1e4:.1f} ha"
    if area_m2 < 1e8:
        return f"{area_m2 / 1e6:.2f} km²"
    return f"{number(round(area_m2 / 1e6))} km²"


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}".replace(",", _NARROW)


def counted(landslides: int) -> str:
    """How many landslides, in words."""
    return f"{number(landslides)} landslide{'s' * (landslides != 1)}"


def signed(value: float, how: str) -> str:
    """A number with a true minus sign."""
    return format(value, how).replace("-", "\N{MINUS SIGN}")
