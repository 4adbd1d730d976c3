"""The optical products of an event as a picture to judge them by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scarp.acquire.landslides import read_landslides
from scarp.acquire.sentinel2.classes import UNUSABLE
from scarp.acquire.sentinel2.look import Look, Ring, draw_looks
from scarp.product_raster import read_raster


def draw_products(
    path: str | Path,
    products: Sequence[tuple[str | Path, str | Path]],
    polygons: str | Path | None,
    event: str,
    title: str,
) -> None:
    """Draw images side by side in true colour, what cannot be used hatched, polygons outlined.

    Parameters
    ----------
    products: paths of optical_{epoch}.tif and optical_valid_{epoch}.tif, in order of time.
    polygons: of the event's landslides; None: there are none.

    Raises
    ------
    DataError: a file cannot be read.
    """
    looks, simulated = [], False
    for optical, valid in products:
        bands, usable = read_raster(Path(optical)), read_raster(Path(valid))
        simulated |= bands.is_simulated
        named = dict(zip(bands.descriptions, bands.values, strict=True))
        colours = np.stack([named[band] for band in ("b04", "b03", "b02")], axis=-1)
        epoch = Path(optical).stem.rpartition("_")[2]
        label = f"{epoch}, {bands.tags.get('date', 'day unknown')}"
        looks.append(Look(label, colours.astype(np.float32), usable.values[0] == UNUSABLE))
    grid = bands.grid
    rings: dict[str, list[Ring]] = {}
    if polygons is not None:
        shapes = read_landslides(polygons, event).shapes.to_crs(grid.crs)
        parts = shapes.explode(index_parts=False)
        rings["landslides"] = [np.asarray(shape.exterior.coords)[:, :2] for shape in parts]
    draw_looks(path, grid, looks, rings, title, simulated)
