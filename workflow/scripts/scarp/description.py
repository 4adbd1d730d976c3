"""What is known of an event without opening its cube: results/events/{event}.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from scarp.errors import DataError, Fault
from scarp.files import write_text
from scarp.simulated import is_simulated

#: Percentiles that are kept of elevation and slope, and their names in the file.
PERCENTILES: Mapping[str, float] = {"p05": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95}
SCENE, LANDSLIDE = "scene", "landslide"
#: `SCENE` and `LANDSLIDE` -> percentiles by name, None where there is no such pixel or channel.
Distribution = Mapping[str, Mapping[str, float] | None]


@dataclass(frozen=True)
class Description:
    """Facts of an event that its cube tells.

    Attributes
    ----------
    event: its id; source: where the cube came from.
    longitude, latitude: centre of the grid in degrees (WGS 84), None without a CRS.
    height, width: in pixels; resolution: pixel size in CRS units.
    valid_pixels: pixels with None_VALID and a known reference.
    landslide_pixels: landslide pixels of the reference, valid or not.
    landslides: number of reference polygons, None where the cube does not say.
    landslide_area_km2: area of the landslides, None where nothing tells it.
    area_from: what that area was measured on: `polygons` or `mask`.
    elevation: distribution in metres over valid pixels; slope: in degrees.
    s2_offset: epoch -> `offset`, the reflectance that the processing baseline added to the image of
        Sentinel-2, and `evidence`, how that is known; empty where the cube does not say.
    dates: `sentinel1`, `sentinel2` -> epoch -> ISO date of the image, where the cube says it.
    """

    event: str
    source: str
    longitude: float | None
    latitude: float | None
    height: int
    width: int
    resolution: float
    valid_pixels: int
    landslide_pixels: int
    landslides: int | None
    landslide_area_km2: float | None
    area_from: str
    elevation: Distribution
    slope: Distribution
    s2_offset: Mapping[str, Mapping[str, float | str]]
    dates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def is_simulated(self) -> bool:
        """Whether the event was made by a simulator."""
        return is_simulated(self.source)

    @property
    def position(self) -> tuple[float, float] | None:
        """Longitude and latitude, None without a CRS."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude


def _rounded(value: Any) -> Any:
    """The value with every float in it rounded to 6 significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    return value


def write_description(path: str | Path, description: Description) -> None:
    """Write a description as JSON: sorted keys, floats of 6 significant digits."""
    facts = _rounded(asdict(description))
    write_text(path, json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_description(path: str | Path) -> Description:
    """Read what `write_description` wrote.

    Raises
    ------
    DataError: the file is missing, is no JSON, or has other keys than a description.
    """
    cure = "delete it and let the workflow make it again"
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=cure)) from None
    names = {field.name for field in fields(Description)}
    if not isinstance(facts, dict) or set(facts) != names:
        raise DataError(
            Fault("is no description of an event", str(path), ", ".join(sorted(names)), cure)
        )
    return Description(**facts)
