"""Landslides as a GeoPackage that QGIS draws as it should by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from scarp.errors import DataError, Fault
from scarp.files import beside, write_text
from scarp.mapping.qgis_style import polygon_style

#: Layer of the landslides, and its column of geometries.
LAYER, GEOMETRY = "landslides", "geom"
#: Stands for the time of writing, which would make equal maps differ.
_NO_TIME = "2000-01-01T00:00:00.000Z"
_STYLES = "layer_styles"


def write_geopackage(table: Any, path: str | Path, threshold: float) -> None:
    """Write the landslides of a map, and their style inside of the file and as .qml beside it.

    QGIS applies the default style that it finds in table `layer_styles`.

    Parameters
    ----------
    table: see `scarp.mapping.polygons.MapPolygons`; an empty one gives an empty layer.
    path: the .gpkg file; equal input gives equal bytes.
    threshold: probability from which a pixel counts as landslide.
    """
    columns = [str(name) for name in table.columns if name != table.geometry.name]
    style = polygon_style(threshold, columns)
    with beside(path) as partial, _fixed_time():
        partial.unlink(missing_ok=True)  # of a killed run: GDAL would add to it
        pyogrio.write_dataframe(
            table,
            partial,
            layer=LAYER,
            driver="GPKG",
            geometry_type="MultiPolygon",
            layer_options={"GEOMETRY_NAME": GEOMETRY},
        )
        pyogrio.write_dataframe(
            _styles(style),
            partial,
            layer=_STYLES,
            driver="GPKG",
            append=True,
            layer_options={"FID": "id", "DATETIME_PRECISION": "MILLISECOND"},
        )
    write_text(Path(path).with_suffix(".qml"), style)


def _styles(style: str) -> Any:
    """Table of one style, with the columns that QGIS looks for."""
    table = geopandas.GeoDataFrame(
        {
            "f_table_catalog": [""],
            "f_table_schema": [""],
            "f_table_name": [LAYER],
            "f_geometry_column": [GEOMETRY],
            "styleName": ["probability"],
            "styleQML": [style],
            "styleSLD": [""],
            "useAsDefault": [True],
            "description": ["landslides by mean probability"],
            "owner": [""],
            "ui": [""],
            "update_time": np.array([_NO_TIME.rstrip("Z")], dtype="datetime64[ms]"),
        }
    )
    # GeoPackage wants times in UTC and, before its version 1.4, with milliseconds.
    table["update_time"] = table["update_time"].dt.tz_localize("UTC")
    return table


def read_landslides(path: str | Path) -> Any:
    """The landslides of a GeoPackage that `write_geopackage` made, as a GeoDataFrame.

    Raises
    ------
    DataError: it cannot be read.
    """
    try:
        return geopandas.read_file(path, layer=LAYER, engine="pyogrio")
    except (DataSourceError, DataLayerError) as error:
        raise DataError(
            Fault(
                f"cannot be read as landslides of a map ({error})",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        ) from None


@contextmanager
def _fixed_time() -> Iterator[None]:
    """GDAL writes this time instead of its own into the files that are made meanwhile."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: _NO_TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})
