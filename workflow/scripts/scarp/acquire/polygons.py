"""Polygons from a vector file of any CRS, checked before anything is made of them."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import Geod
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.polygon import orient

from scarp.errors import DataError, Fault

_LOG = logging.getLogger("scarp")
_GEOD = Geod(ellps="WGS84")
#: Parts that the longest edges are cut into, so that they stay where they are in another CRS.
_PARTS = 100


@dataclass(frozen=True, eq=False)
class Polygons:
    """Polygons of a file.

    Attributes
    ----------
    path: of the file.
    shapes: GeoSeries of valid polygons and multipolygons, longitude and latitude on WGS84.
    area_km2: of the ground that they cover together, on the ellipsoid.
    simulated: whether a column `simulated` says that they were made up.
    """

    path: Path
    shapes: Any
    area_km2: float
    simulated: bool


def read_vector(path: str | Path) -> Any:
    """All features of a vector file that have a geometry, in longitude and latitude.

    Shapes that cross themselves are repaired, and a warning tells of them. Long edges get points
    between, so that they keep their course whatever the file's CRS.

    Parameters
    ----------
    path: what GDAL reads: GeoPackage, GeoJSON, Shapefile and others, in any CRS. Of several layers
        the one that holds polygons.

    Returns
    -------
    GeoDataFrame in EPSG:4326, two-dimensional, not empty.

    Raises
    ------
    DataError: the file cannot be read, has several layers of polygons, no CRS, no features, or
        coordinates beyond the Earth.
    """
    table = _read(Path(path))
    if table.crs is None:
        raise DataError(
            Fault(
                "has no coordinate reference system",
                str(path),
                cure="put the .prj file beside it, or save it with its CRS",
            )
        )
    there = ~(table.geometry.isna() | table.geometry.is_empty)
    if not there.all():
        _LOG.warning("%s: %d features have no usable geometry", path, (~there).sum())
    table = table[there]
    if table.empty:
        raise DataError(
            Fault("holds no geometry", str(path), cure="save the file again, with its features")
        )
    invalid = int((~table.geometry.is_valid).sum())
    if invalid:
        _LOG.warning(
            "%s: %d of %d shapes cross themselves and were repaired: look at them",
            path,
            invalid,
            len(table),
        )
    return _in_degrees(table.set_geometry(_valid(table.geometry)), path)


def read_polygons(path: str | Path) -> Polygons:
    """The polygons of a file.

    Raises
    ------
    DataError: see `read_vector`; there are other geometries than polygons.
    """
    return polygons_of(read_vector(path), Path(path))


def polygons_of(table: Any, path: Path) -> Polygons:
    """The polygons of a table that `read_vector` gave; see `read_polygons`.

    Raises
    ------
    DataError: there are other geometries than polygons, or none that has an area.
    """
    kinds = Counter(table.geom_type)
    others = {kind: n for kind, n in kinds.items() if kind not in ("Polygon", "MultiPolygon")}
    if others:
        raise DataError(
            Fault(
                "holds " + " and ".join(f"{n} {kind}" for kind, n in sorted(others.items())),
                str(path),
                "Polygon and MultiPolygon",
                "take the others out, or draw polygons in their place",
            )
        )
    shapes = table.geometry[~table.geometry.is_empty]
    if shapes.empty:
        raise DataError(
            Fault("holds no polygon that has an area", str(path), cure="draw its outlines anew")
        )
    simulated = "simulated" in table.columns and bool(
        table["simulated"].astype(str).str.casefold().isin(["true", "1"]).any()
    )
    area = geodesic_km2(shapely.union_all(shapes.to_numpy()))
    return Polygons(path, shapes.reset_index(drop=True), area, simulated)


def geodesic_km2(shape: Any) -> float:
    """Area of a polygon or multipolygon in degrees, on the WGS84 ellipsoid.

    Karney 2013, J. Geodesy 87, by PROJ.
    """
    # The sign of an area is that of the ring's turn, and parts may turn differently.
    parts = [orient(part) for part in shapely.get_parts(shape)]
    return float(sum(_GEOD.geometry_area_perimeter(part)[0] for part in parts)) / 1e6


def _read(path: Path) -> Any:
    try:
        return pyogrio.read_dataframe(path, layer=_layer(path), on_invalid="ignore")
    except (DataSourceError, DataLayerError, FeatureError, RuntimeError, ValueError) as error:
        fact = f"cannot be read ({error})" if path.exists() else "there is no such file"
        raise DataError(
            Fault(fact, str(path), "a GeoPackage, GeoJSON or Shapefile", "correct or save it again")
        ) from None


def _layer(path: Path) -> str:
    layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path) if kind is not None}
    polygonal = [name for name, kind in layers.items() if "Polygon" in kind or kind == "Unknown"]
    chosen = polygonal if polygonal and len(layers) > 1 else list(layers)
    if len(chosen) != 1:
        raise DataError(
            Fault(
                f"has {len(chosen)} layers that could be meant: {', '.join(chosen)}"
                if chosen
                else "has no layer with geometries",
                str(path),
                "one layer of polygons",
                "save that layer to a file of its own",
            )
        )
    return chosen[0]


def _in_degrees(table: Any, path: str | Path) -> Any:
    west, south, east, north = table.total_bounds
    step = max(east - west, north - south) / _PARTS
    shapes = shapely.force_2d(table.geometry.to_numpy())
    if step > 0:
        # After the repair: to make points between, GEOS drops what is not valid.
        shapes = shapely.segmentize(shapes, step)
    try:
        degrees = geopandas.GeoSeries(shapes, table.index, table.crs).to_crs("EPSG:4326")
    except (CRSError, ProjError) as error:
        raise DataError(
            Fault(
                f"cannot be brought from its CRS to longitude and latitude ({error})",
                str(path),
                cure="save it in a CRS such as EPSG:4326",
            )
        ) from None
    bounds = degrees.total_bounds
    if (
        not np.isfinite(bounds).all()
        or np.abs(bounds)[[0, 2]].max() > 180
        or (np.abs(bounds)[[1, 3]].max() > 90)
    ):
        raise DataError(
            Fault(
                f"has coordinates that are none in its CRS ({west:g} to {east:g},"
                f" {south:g} to {north:g})",
                str(path),
                cure="correct the file's CRS: its numbers seem to be of another one",
            )
        )
    return table.set_geometry(_valid(degrees))


def _valid(shapes: Any) -> Any:
    """A GeoSeries whose polygons do not cross themselves: what encloses an area is kept."""
    broken = ~shapes.is_valid & shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    if not broken.any():
        return shapes
    shapes = shapes.copy()
    shapes[broken] = shapes[broken].make_valid().map(_only_polygons)
    return shapes


def _only_polygons(shape: Any) -> Any:
    """Of what a repair makes of a polygon, the polygons: lines have no area."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])
