"""Which events are acquired: found and fetched by the workflow rather than put there by the user.

This module imports nothing heavy: the workflow reads it while it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scarp.channels import EPOCHS
from scarp.errors import Fault
from scarp.product_files import TERRAIN
from scarp.scenes import engine_of
from scarp.tables import Acquisition, Event

#: Epochs that are looked for where the table names none.
_SOUGHT = {"sentinel1": EPOCHS, "sentinel2": ("PRE1", "POST1")}


def area_file(event: str, config: Mapping[str, Any]) -> str:
    """Where the area of an acquired event lies: the first file that acquisition makes."""
    return f"{config['pathvars']['resources']}/areas/{event}.json"


def inventory_file(event: str, config: Mapping[str, Any]) -> str:
    """The landslide polygons of an event; they need not be there."""
    return str(config["acquire"]["inventory"]).format(event=event)


def is_acquired(row: Event, config: Mapping[str, Any]) -> bool:
    """Whether the workflow finds and fetches what an event's cube needs.

    It does for events of source scenes, but not where the user put terrain.tif there, whose grid is
    then the event's: all that is not made by an engine is the user's as well.
    """
    if row.source != "scenes" or row.event in config["simulate"]["scenes"]:
        return False
    if engine_of(row, config) == "files":
        return False
    terrain = Path(config["pathvars"]["results"], "products", row.event, TERRAIN.file)
    return Path(area_file(row.event, config)).is_file() or not terrain.is_file()


def with_sought(
    row: Event, acquisitions: Sequence[Acquisition], config: Mapping[str, Any]
) -> tuple[Acquisition, ...]:
    """Acquisitions of an event; of a sensor without any row all epochs, where it is acquired."""
    if not is_acquired(row, config):
        return tuple(acquisitions)
    there = {acquired.sensor for acquired in acquisitions}
    sought = [
        Acquisition(row.event, sensor, epoch, "", "")
        for sensor, epochs in _SOUGHT.items()
        if sensor not in there
        for epoch in epochs
    ]
    return (*acquisitions, *sought)


def acquisition_faults(events: Mapping[str, Event], config: Mapping[str, Any]) -> list[Fault]:
    """Acquired events that have neither area nor polygons, or no polygons though they need them."""
    faults = []
    for event, row in events.items():
        if not is_acquired(row, config):
            continue
        where = f"{config['tables']['events']}, event {event}"
        polygons = inventory_file(event, config)
        there = Path(polygons).is_file()
        if not there and row.role != "apply":
            faults.append(
                Fault(
                    f"role '{row.role}' needs landslide polygons, and there is no {polygons}",
                    where,
                    "a GeoPackage, GeoJSON or Shapefile, in any CRS",
                    "put it there, set acquire: inventory, or give the event role apply",
                )
            )
        elif not there and not row.aoi:
            faults.append(
                Fault(
                    "names no area, and has no polygons whose bounds could be one",
                    where,
                    "column aoi: west,south,east,north in degrees, or a vector file",
                    f"write it, or put polygons at {polygons}",
                )
            )
        if row.aoi and "," not in row.aoi and not Path(row.aoi).is_file():
            faults.append(
                Fault(
                    f"there is no file '{row.aoi}'",
                    f"{where}, column aoi",
                    "west,south,east,north in degrees, or a vector file",
                    "correct it",
                )
            )
    return faults
