"""Landslides of the archive's inventory, and their areas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import Geod

from scarp.acquire.archive import INVENTORY
from scarp.acquire.archive_files import Archive
from scarp.errors import DataError, Fault, did_you_mean

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Landslides:
    """The landslides of one event: how many polygons, and their area on the ellipsoid."""

    number: int
    area_km2: float


def landslides_of(archive: Archive, event: str) -> Landslides:
    """Count and measure the polygons of an event.

    The area is geodesic, on the WGS84 ellipsoid (Karney 2013, J. Geodesy 87, by PROJ).

    Raises
    ------
    DataError: the inventory is missing or unreadable, lacks a column EID, or polygons of the event.
    """
    label = archive.label(INVENTORY)
    if not archive.has(INVENTORY):
        raise DataError(Fault("is not there", label, cure="unpack or fetch the archive again"))
    polygons = _read(archive.read(INVENTORY), label)
    own = polygons[polygons["EID"] == event]
    own = own[own.geometry.notna() & ~own.geometry.is_empty]
    if own.empty:
        known = sorted(set(polygons["EID"]))
        raise DataError(
            Fault(
                f"has no polygon of event {event}",
                label,
                f"events {', '.join(known)}",
                did_you_mean(event, known) or "correct the id, or give the event another source",
            )
        )
    area = sum(abs(_GEOD.geometry_area_perimeter(shape)[0]) for shape in own.geometry)
    return Landslides(len(own), area / 1e6)


def _read(content: bytes, label: str) -> geopandas.GeoDataFrame:
    """The layer that has a column EID, in longitude and latitude."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "inventory.gpkg")
        path.write_bytes(content)
        try:
            for layer in sorted(str(name) for name, _ in pyogrio.list_layers(path)):
                table = geopandas.read_file(path, layer=layer)
                names = {str(name).casefold(): name for name in table.columns}
                if "eid" in names and table.crs is not None:
                    table = table.rename(columns={names["eid"]: "EID"}).to_crs("EPSG:4326")
                    table["EID"] = table["EID"].astype(str).str.strip()
                    return table
        except (DataSourceError, DataLayerError, RuntimeError) as error:
            raise DataError(
                Fault(
                    f"cannot be read ({str(error).replace(str(path), 'the file')})",
                    label,
                    "a GeoPackage",
                    "unpack or fetch the archive again",
                )
            ) from None
    raise DataError(
        Fault(
            "has no georeferenced layer with a column EID",
            label,
            cure="unpack or fetch the archive again",
        )
    )
