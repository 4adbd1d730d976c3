"""A simulated archive: the layout of the published one, and nothing in it is real.

The layout is that of "Landslide Reference Data (Sentinel-1 & Sentinel-2)", Orynbaikyzy et al. 2025,
Zenodo 10.5281/zenodo.15284357::

    original_scenes/{EID}/{EID}__{sensor}__{date}__{band}.tif    60 per event
    original_scenes/{EID}/{EID}__files_meta.csv
    reference_data/{train,val,testind,testspt}_n3_s1s2.h5
    vector_data/landslide_inventory.gpkg
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import rasterio

from scarp.errors import DataError, Fault
from scarp.files import beside, write_text
from scarp.sentinel2 import SINCE
from scarp.simulate.archive_files import ArchiveEvent, PatchLayout, archive_files, check_request
from scarp.simulate.archive_patches import Window, assign_sides, patch_windows, write_patches
from scarp.simulate.archive_scenes import landslide_polygons, write_inventory, write_scene
from scarp.simulate.world import SimulationSettings, draw_event

__all__ = ["ZIP_ROOT", "ArchiveEvent", "PatchLayout", "simulate_archive", "with_offset"]

#: The folder inside the zip that holds everything.
ZIP_ROOT = "s1s2_landslide_reference_data/"
_README = """\
SIMULATED DATA

Every file in this archive is simulated: no sensor has observed any of it, the places are made up
and no landslide in it is real. Only names and layout are those of the published archive
"Landslide Reference Data (Sentinel-1 & Sentinel-2)" (Zenodo 10.5281/zenodo.15284357). It serves to
try and to test software, not to study landslides.
"""


def with_offset(events: Sequence[ArchiveEvent]) -> list[tuple[str, str]]:
    """(event, epoch) of the Sentinel-2 images that are as young as processing baseline 04.00."""
    return [
        (row.event, epoch)
        for row in events
        for epoch, day in row.optical_dates.items()
        if day >= SINCE
    ]


def simulate_archive(
    path: str | Path,
    events: Sequence[ArchiveEvent],
    settings: SimulationSettings,
    layout: PatchLayout,
    offsets: Collection[tuple[str, str]] = (),
) -> None:
    """Write events of the simulated world as an archive in the layout of the published one.

    Equal input gives equal bytes, whatever the order of `events`. One event at a time is held in
    memory; until the zip is complete, its content lies in a hidden folder beside it.

    Parameters
    ----------
    path: a zip when it ends in .zip, otherwise a folder, which must not exist.
    settings: of the simulated world; an event is the same as in `scarp.simulate.draw_event`.
    offsets: (event, epoch) of Sentinel-2 images whose DN stand 1000 higher, as since processing
        baseline 04.00; no data stays 0.

    Raises
    ------
    TableError: see `archive_files.check_request`.
    DataError: the folder exists.
    """
    final = Path(path)
    check_request(events, layout, offsets)
    zipped = final.suffix == ".zip"
    if not zipped and final.exists():
        raise DataError(Fault("exists", str(final), cure="remove it, or name another folder"))
    with _folder_beside(final) as folder:
        _write_content(
            folder, sorted(events, key=lambda row: row.event), settings, layout, set(offsets)
        )
        if zipped:
            _zip(folder, final)
        else:
            os.replace(folder, final)


@contextmanager
def _folder_beside(final: Path) -> Iterator[Path]:
    """A hidden folder next to `final`, empty at first and gone in the end."""
    folder = final.with_name(f".{final.name}.content")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_content(
    folder: Path,
    events: Sequence[ArchiveEvent],
    settings: SimulationSettings,
    layout: PatchLayout,
    offsets: Collection[tuple[str, str]],
) -> None:
    scenes = folder / "original_scenes"
    files = {}
    polygons: list[dict[str, Any]] = []
    sides: dict[str, list[tuple[str, Window]]] = {}
    with rasterio.Env():
        for row in events:
            drawn = draw_event(
                row.event, row.event_date, row.orbit, row.dates, row.optical_dates, settings
            )
            orbit = str(drawn.attributes["orbit"])
            files[row.event] = archive_files(row.event, orbit, row.dates, row.optical_dates)
            shifted = {epoch for event, epoch in offsets if event == row.event}
            write_scene(scenes / row.event, drawn, files[row.event], shifted)
            polygons += landslide_polygons(row, drawn)
            windows = patch_windows(drawn.valid, layout)
            for side, members in assign_sides(row.role, windows, layout.size).items():
                sides.setdefault(side, []).extend((row.event, window) for window in members)
        write_patches(folder / "reference_data", scenes, files, sides, layout, settings.seed)
    write_inventory(folder / "vector_data" / "landslide_inventory.gpkg", polygons)
    write_text(folder / "README.txt", _README)


def _zip(folder: Path, final: Path) -> None:
    """Pack a folder's files in the order of their names, without the time of writing."""
    members = sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
    )
    # Nearly everything is compressed already, or is noise.
    with beside(final) as partial, ZipFile(partial, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name in members:
            source = folder / name
            large = source.stat().st_size > 1 << 30
            # A name rather than a ZipInfo of the file: its time is then fixed at 1980-01-01.
            with (
                source.open("rb") as content,
                archive.open(ZIP_ROOT + name, "w", force_zip64=large) as member,
            ):
                shutil.copyfileobj(content, member, 1 << 20)
