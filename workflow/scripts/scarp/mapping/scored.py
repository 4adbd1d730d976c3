"""Scores of an event's map, once reference polygons of the event are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scarp.channels import MASK
from scarp.cube import open_cube
from scarp.mapping.rasters import Rasters, bands_of_rows, grid_of_raster, opened, read_rows
from scarp.object_counts import ALL, per_100_km2, tally
from scarp.objects import compare_objects
from scarp.prediction import NODATA, at_least
from scarp.probability import Histogram, average_precision, brier_score, counts_at, histogram, mcc
from scarp.summary import SCORES
from scarp.tsv import write_table


def score_map(rasters: Rasters, threshold: float) -> list[tuple[str, str]]:
    """Name and value of every score of a map; none where the event has no reference.

    Counted are the pixels of a known reference (the cube's None_MASK 0 or 1) that the map says
    something of. Pixels are read in bands of rows; landslides are compared on the whole map, which
    needs some 2 GB at 121 million pixels.

    Raises
    ------
    DataError: a file cannot be read.
    """
    grid = grid_of_raster(rasters.probability)
    shape = (grid.height, grid.width)
    found, landslide, scored = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    pixels = Histogram.empty()
    with open_cube(rasters.cube) as cube, opened(rasters.probability) as file:
        for rows in bands_of_rows(grid.height):
            mask = np.asarray(cube[MASK][rows].values)
            stored = read_rows(file, rows)
            landslide[rows] = mask == 1
            scored[rows] = (mask <= 1) & (stored != NODATA)
            found[rows] = at_least(stored, threshold)
            pixels += histogram(stored, landslide[rows], scored[rows])
    if not scored.any():
        return []
    counts = counts_at(pixels, threshold)
    numbers = {name: score_of(counts) for name, score_of in SCORES.items()}
    numbers |= {
        "mcc": mcc(counts),
        "average_precision": average_precision(pixels),
        "brier": brier_score(pixels),
    }
    objects = tally(compare_objects(found, landslide, scored, pixel_size=grid.resolution))
    every = objects["any", ALL]
    false = per_100_km2(every.false, int(scored.sum()), grid.resolution)
    return [
        *((name, "" if value is None else f"{value:.3f}") for name, value in numbers.items()),
        ("landslides_found", str(every.found)),
        ("landslides_missed", str(every.missed)),
        ("false_per_100_km2", "" if false is None else f"{false:.1f}"),
        ("scored_km2", f"{scored.sum() * grid.resolution**2 / 1e6:.2f}"),
    ]


def write_map_scores(path: str | Path, scores: list[tuple[str, str]]) -> None:
    """Write scores as a table of names and values; without a row where there is no reference."""
    write_table(path, ("score", "value"), scores)
