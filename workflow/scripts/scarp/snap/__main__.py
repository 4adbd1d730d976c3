"""``python -m scarp.snap``: what SNAP wrote, wherever it ran, becomes a product file."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import get_args

from scarp.channels import EPOCHS
from scarp.errors import DataError, Fault, ScarpError
from scarp.product_raster import frame_faults, read_raster
from scarp.sentinel1.passes import Pass, open_pass, refuse_other_track
from scarp.sentinel1.settings import Processing, SpeckleFilter
from scarp.snap.elevation import told_of
from scarp.snap.products import Made, OrbitKind, open_product, write_snap_product
from scarp.snap.settings import KINDS
from scarp.snap.written import SnapProduct

#: Names of the product files (docs/products.md).
FILES = {
    "backscatter": "gamma0_{epoch}.tif",
    "coherence": "coherence_{epoch}.tif",
    "haalpha": "haalpha_{epoch}.tif",
    "geometry": "geometry.tif",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    usual = Processing()
    parser = argparse.ArgumentParser(prog="python -m scarp.snap", description=__doc__)
    parser.add_argument("product", type=Path, help="what SNAP wrote: a .dim or a .tif")
    parser.add_argument(
        "--kind",
        choices=(*KINDS, "geometry"),
        required=True,
        help="which graph made it; geometry comes with the backscatter",
    )
    parser.add_argument(
        "--scene",
        action="append",
        required=True,
        type=Path,
        metavar="A.SAFE",
        help="the SLC product that it was made of, folder or zip; once per slice of the date",
    )
    parser.add_argument(
        "--earlier",
        action="append",
        default=[],
        type=Path,
        metavar="B.SAFE",
        help="for coherence: the same of the earlier date",
    )
    parser.add_argument("--terrain", type=Path, required=True, help="terrain.tif of the event")
    parser.add_argument("--epoch", choices=EPOCHS, required=True, help="of --scene")
    parser.add_argument(
        "--dem",
        type=Path,
        required=True,
        help="the DEM that SNAP was given, heights above the ellipsoid; its name is compared",
    )
    parser.add_argument("--version", required=True, metavar="13.0.0", help="of SNAP")
    parser.add_argument(
        "--orbit",
        choices=get_args(OrbitKind),
        default="POEORB",
        help="what SNAP was asked for; a precise one is always accepted",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the event's products")
    numbers = parser.add_argument_group("numbers of the graph, where others than usual were given")
    for name, default in (
        ("--looks", (usual.range_looks, usual.azimuth_looks)),
        ("--window", (usual.coherence_range, usual.coherence_azimuth)),
    ):
        metavar = ("RANGE", "AZIMUTH")
        numbers.add_argument(name, nargs=2, type=int, metavar=metavar, default=default)
    numbers.add_argument("--decomposition", type=int, default=usual.decomposition)
    numbers.add_argument("--speckle", choices=get_args(SpeckleFilter), default=usual.speckle)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # SNAP's GeoTIFFs lack a tag that GDAL would like (ExtraSamples), and it says so each time.
    logging.getLogger("rasterio").setLevel(logging.ERROR)
    try:
        print(_write(given))
    except ScarpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _write(given: argparse.Namespace) -> Path:
    """Check what was given, and write the product file."""
    product = open_product(given.product)
    terrain = read_raster(given.terrain)
    faults = [*frame_faults(terrain, None), *_pair_faults(given)]
    if faults:
        raise DataError(faults)
    passes = [open_pass(scenes) for scenes in (given.earlier, given.scene) if scenes]
    refuse_other_track(passes[0], passes[-1])
    faults = _date_faults(product, given.kind, passes)
    if faults:
        raise DataError(faults)
    processing = Processing(
        range_looks=given.looks[0],
        azimuth_looks=given.looks[1],
        coherence_range=given.window[0],
        coherence_azimuth=given.window[1],
        decomposition=given.decomposition,
        speckle=given.speckle,
    )
    made = Made(given.version, given.dem, *told_of(given.dem), given.orbit, processing)
    path: Path = given.out / FILES[given.kind].format(epoch=given.epoch)
    write_snap_product(given.product, given.kind, path, terrain.grid, passes, given.epoch, made)
    return path


def _pair_faults(given: argparse.Namespace) -> list[Fault]:
    pair = given.kind == "coherence"
    if pair == bool(given.earlier):
        return []
    allowed = "scenes of an earlier date" if pair else "nothing"
    cure = "give those of the reference" if pair else "leave --earlier out; --kind may be wrong"
    fact = f"a product of kind {given.kind} has {'two dates' if pair else 'one date'}"
    return [Fault(fact, "--earlier", allowed, cure)]


def _date_faults(product: SnapProduct, kind: str, passes: Sequence[Pass]) -> list[Fault]:
    """Scenes of other days than SNAP read, or in another order, where the product tells them."""
    days = [date.fromisoformat(one.date) for one in passes]
    faults = []
    for told, day, one in zip(_told_days(product, kind), days, passes, strict=False):
        # A pass may begin before midnight, and its bursts after.
        if abs((told - day).days) > 1:
            faults.append(
                Fault(
                    f"was made of a scene of {told}",
                    str(product.path),
                    f"{day}, the day of {', '.join(one.products)}",
                    "give the scenes that SNAP read: --scene, and of a pair --earlier for the"
                    " reference, the earlier date",
                )
            )
    return faults


def _told_days(product: SnapProduct, kind: str) -> list[date]:
    """Days that the name of the coherence tells, or the metadata; none where neither does."""
    text = product.attribute("Abstracted_Metadata/first_line_time") or ""
    if kind == "coherence":
        text = next((name for name in product.bands if name.startswith("coh_")), "")
    found = re.findall(r"(\d{2})-?([A-Za-z]{3})-?(\d{4})", text)
    return [datetime.strptime("".join(parts), "%d%b%Y").date() for parts in found]


if __name__ == "__main__":
    sys.exit(main())
