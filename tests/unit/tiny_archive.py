"""A small simulated archive, made once for all tests that read one."""

from __future__ import annotations

import functools
import shutil
import zipfile
from pathlib import Path
from tempfile import mkdtemp

from scarp.acquire.archive_cube import make_cube
from scarp.channels import all_channels
from scarp.simulate import SimulationSettings
from scarp.simulate.archive import ZIP_ROOT, ArchiveEvent, PatchLayout, simulate_archive

SIZE = 16
DATES = {
    "sentinel1": {
        "PRE3": "2022-03-13",
        "PRE2": "2022-03-25",
        "PRE1": "2022-04-06",
        "POST1": "2022-04-18",
        "POST2": "2022-04-30",
        "POST3": "2022-05-12",
    },
    "sentinel2": {"PRE1": "2022-01-11", "POST1": "2022-05-16"},
}
#: Events, their roles in the published split, and the image that carries the offset.
ROLES = {"AA0001": "train", "BB0001": "dependent", "CC0001": "independent", "CC0002": "train"}
OFFSET = ("CC0001", "POST1")
EVENT_DATE = "2022-04-10"


@functools.cache
def archives() -> Path:
    """A folder with archive.zip, `unpacked`, and no_ids.zip, whose patches do not name events."""
    folder = Path(mkdtemp(prefix="scarp-archive-"))
    events = [
        ArchiveEvent(name, EVENT_DATE, "DES", role, DATES["sentinel1"], DATES["sentinel2"])
        for name, role in ROLES.items()
    ]
    settings = SimulationSettings(seed=5, smallest=64, largest=80)
    for name, ids_order in (("archive.zip", True), ("no_ids.zip", False)):
        layout = PatchLayout(SIZE, SIZE, ids_order=ids_order, valid_share=0.5)
        simulate_archive(folder / name, events, settings, layout, [OFFSET])
    with zipfile.ZipFile(folder / "archive.zip") as file:
        file.extractall(folder)
    (folder / ZIP_ROOT).rename(folder / "unpacked")
    return folder


def unpacked_copy(folder: Path, event: str = "AA0001") -> Path:
    """A copy of one event, the inventory and the patches, for a test to damage."""
    source, target = archives() / "unpacked", folder / "archive"
    shutil.copytree(source / "original_scenes" / event, target / "original_scenes" / event)
    for name in ("vector_data", "reference_data"):
        shutil.copytree(source / name, target / name)
    return target


def cube_of(archive: Path, path: Path, event: str = "AA0001", **changes: object) -> Path:
    """Make the cube of an event of the tiny archive; `changes` replace arguments of `make_cube`."""
    arguments = {
        "event_date": EVENT_DATE,
        "orbit": "DES",
        "dates": DATES,
        "channels": all_channels(),
        **changes,
    }
    make_cube(archive, event, path=path, **arguments)  # type: ignore[arg-type]
    return path
