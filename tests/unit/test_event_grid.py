"""The grid of a box: UTM, 10 m, on the lattice that all events of a zone share."""

from __future__ import annotations

import pytest
from pyproj import Transformer

from scarp.errors import DataError
from scarp.event_grid import utm_grid


@pytest.mark.parametrize(
    "box, crs",
    [
        ((15.0, 42.0, 15.05, 42.04), "EPSG:32633"),
        ((-44.13, -20.13, -44.10, -20.10), "EPSG:32723"),
        ((125.0, 10.6, 125.1, 10.7), "EPSG:32651"),
    ],
)
def test_a_box_lies_inside_its_grid_and_fills_it(
    box: tuple[float, float, float, float], crs: str
) -> None:
    grid = utm_grid(*box)
    assert grid.crs == crs
    assert grid.left % 10 == grid.top % 10 == 0
    west, south, east, north = box
    to_grid = Transformer.from_crs(4326, crs, always_xy=True)
    for longitude in (west, (west + east) / 2, east):
        for latitude in (south, north):
            x, y = to_grid.transform(longitude, latitude)
            column, row = (x - grid.left) / 10, (grid.top - y) / 10
            assert 0 <= column <= grid.width and 0 <= row <= grid.height
    x, y = to_grid.transform([west, west, east, east], [south, north, south, north])
    assert grid.width <= (max(x) - min(x)) / 10 + 2
    assert grid.height <= (max(y) - min(y)) / 10 + 3


@pytest.mark.parametrize(
    "box",
    [(15.05, 42.0, 15.0, 42.04), (15.0, 42.04, 15.05, 42.0), (15.0, 85.0, 15.1, 85.1)],
)
def test_no_box_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(DataError, match="is no box"):
        utm_grid(*box)
