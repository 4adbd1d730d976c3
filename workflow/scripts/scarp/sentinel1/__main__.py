"""``python -m scarp.sentinel1``: products of an area from SAFE products, without a workflow."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scarp.errors import ScarpError
from scarp.sentinel1.run import run


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scarp.sentinel1", description=__doc__)
    parser.add_argument(
        "--safe",
        action="append",
        required=True,
        type=Path,
        metavar="A.SAFE",
        help="an IW SLC product, folder or zip; once per slice and date, in any order",
    )
    parser.add_argument("--orbits", type=Path, help="folder of POEORB and RESORB files")
    parser.add_argument("--dem", type=Path, required=True, help="raster of heights in metres")
    parser.add_argument(
        "--dem-heights",
        choices=("ellipsoidal", "egm2008"),
        required=True,
        help="what the heights refer to: the WGS84 ellipsoid, or the geoid (Copernicus DEM)",
    )
    parser.add_argument(
        "--bbox",
        nargs=4,
        type=float,
        required=True,
        metavar=("W", "S", "E", "N"),
        help="the area, degrees",
    )
    parser.add_argument("--event-date", required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--out", type=Path, required=True, help="folder of the products")
    parser.add_argument("--threads", type=int, help="all cores by default; each takes memory")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        for path in run(
            given.safe,
            given.dem,
            given.dem_heights,
            tuple(given.bbox),
            given.event_date,
            given.out,
            given.orbits,
            threads=given.threads,
        ):
            print(path)
    except ScarpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
