"""How the published archive is laid out, known without opening it.

"Landslide Reference Data (Sentinel-1 & Sentinel-2)", Orynbaikyzy et al. 2025, Zenodo concept DOI
10.5281/zenodo.15284357: 60 GeoTIFFs of every event, patches in four HDF5 files, and the inventory
of landslides. The workflow reads this module while it is parsed, so nothing heavy is imported.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from scarp.errors import Fault

#: Name of the archive, and of the folder in it.
NAME = "s1s2_landslide_reference_data"
#: As `archive: path`: an archive of simulated events in the same layout.
SIMULATED = "simulated"
SCENES, PATCHES = "original_scenes", "reference_data"
INVENTORY = "vector_data/landslide_inventory.gpkg"
#: Stem of a file of published patches -> the side of the split that it is.
SIDES: dict[str, str] = {
    "train": "train",
    "val": "validation",
    "testind": "independent",
    "testspt": "dependent",
}


def patches_name(part: str) -> str:
    """File of published patches inside the archive; `part` is a key of `SIDES`."""
    return f"{PATCHES}/{part}_n3_s1s2.h5"


def metadata_name(event: str) -> str:
    """Table of an event's files inside the archive."""
    return f"{SCENES}/{event}/{event}__files_meta.csv"


def scene_name(event: str, stem: str) -> str:
    """A GeoTIFF of an event inside the archive."""
    return f"{SCENES}/{event}/{stem}.tif"


def top_of(folder: str | Path) -> Path:
    """The folder that holds original_scenes: the given one, or the archive's own inside it."""
    inner = Path(folder) / NAME
    return inner if inner.is_dir() else Path(folder)


def path_faults(path: str, events: list[str]) -> list[Fault]:
    """What is wrong, at first sight, with a zip or a folder that `archive: path` names.

    Parameters
    ----------
    path: not blank.
    events: ids of the events that are to come from it.
    """
    where = f"configuration, archive: path ({path})"
    allowed = "the archive's zip, the folder it was unpacked to, blank (download it) or simulated"
    place = Path(path)
    if not place.exists():
        return [Fault("is neither a file nor a folder", where, allowed, "correct the path")]
    if place.is_file():
        if zipfile.is_zipfile(place):
            return []
        return [
            Fault(
                "is no zip, or was cut short",
                where,
                allowed,
                "fetch it again, or leave archive: path blank and let the workflow do it",
            )
        ]
    top = top_of(place)
    if not (top / SCENES).is_dir():
        return [Fault(f"holds no folder {SCENES}", where, allowed, "name the unpacked folder")]
    return [
        Fault(
            f"holds no {metadata_name(event)}",
            where,
            cure=f"unpack {SCENES}/{event} too, or remove event {event} from the table",
        )
        for event in events
        if not (top / metadata_name(event)).is_file()
    ]
