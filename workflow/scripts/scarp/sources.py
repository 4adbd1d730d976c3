"""What can be wrong with where events come from, as far as it shows before the first job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scarp.acquire.archive import NAME, SIMULATED, path_faults
from scarp.acquisition import is_acquired
from scarp.errors import Fault
from scarp.product_files import SENTINEL1, required_files
from scarp.scenes import engine_of, epochs_of_sentinel1, scenes_of
from scarp.tables import Acquisition, Event


def archive_file(config: Mapping[str, Any]) -> str:
    """The zip or the folder that the archive's events come from, whether it is there yet or not."""
    path: str = config["archive"]["path"]
    resources: str = config["pathvars"]["resources"]
    if path == SIMULATED:
        return f"{resources}/simulated_archive.zip"
    return path or f"{resources}/archive/{NAME}.zip"


def is_downloaded(config: Mapping[str, Any]) -> bool:
    """Whether the archive lies where a download puts it, with its full size.

    Its checksum was right when it came to lie there: a download gets that name last.
    """
    file = Path(archive_file(config))
    size = config["archive"]["size"]
    return file.is_file() and (not size or file.stat().st_size == size)


def archive_faults(events: Mapping[str, Event], config: Mapping[str, Any]) -> list[Fault]:
    """Faults of `archive: path`, and of published patches or a published split without archive."""
    own = [event for event, row in events.items() if row.source == "archive"]
    faults: list[Fault] = []
    path = config["archive"]["path"]
    if own and path not in ("", SIMULATED):
        faults += path_faults(path, own)
    origin = config["patches"]["origin"]
    if origin == "published" and not own:
        faults.append(
            Fault(
                "no event comes from the archive, which holds the published patches",
                "configuration, patches: origin",
                "own, where no event has source archive",
                "set patches: origin: own, or source: archive",
            )
        )
    if "published" in config["study"]["splits"] and origin != "published":
        faults.append(
            Fault(
                "the published split divides the published patches",
                "configuration, study: splits",
                "published only with patches: origin: published",
                "set patches: origin: published, or choose split roles",
            )
        )
    return faults


def dates_of(acquisitions: Sequence[Acquisition]) -> dict[str, dict[str, str]]:
    """Dates of an event's acquisitions: sensor -> epoch -> date, blank where it is not known."""
    return {
        sensor: {row.epoch: row.date for row in acquisitions if row.sensor == sensor}
        for sensor in ("sentinel1", "sentinel2")
    }


def dem_path(event: str, config: Mapping[str, Any]) -> str:
    """The elevation that an event's Sentinel-1 products are made with."""
    return str(config["sentinel1"]["dem"]).format(event=event)


def product_faults(
    events: Mapping[str, Event],
    acquisitions: Mapping[str, Sequence[Acquisition]],
    config: Mapping[str, Any],
) -> list[Fault]:
    """What events of source scenes lack that are not acquired: scenes and elevation, product files.

    An engine makes the products of Sentinel-1; all others are then the user's.
    """
    faults = []
    for event, row in events.items():
        if row.source != "scenes" or event in config["simulate"]["scenes"]:
            continue
        if is_acquired(row, config):
            continue
        engine = engine_of(row, config)
        where = f"{config['tables']['events']}, event {event}"
        folder = Path(config["pathvars"]["results"], "products", event)
        files = required_files(dates_of(acquisitions[event]), row.role != "apply")
        made = [name for name in files if engine != "files" and name.startswith(SENTINEL1)]
        missing = [name for name in files if name not in made and not (folder / name).is_file()]
        if missing:
            faults.append(
                Fault(
                    f"source 'scenes' lacks {len(missing)} of {len(files)} products:"
                    f" {', '.join(missing[:4])}{' ...' if len(missing) > 4 else ''}",
                    where,
                    f"files in {folder}, as docs/products.md describes them",
                    "put them there, or "
                    + (
                        "name engine embedded or snap"
                        if engine == "files"
                        else "remove terrain.tif, so that the workflow fetches what it needs"
                    ),
                )
            )
        if engine != "files":
            faults += _scene_faults(row, acquisitions[event], config, where)
    return faults


def _scene_faults(
    row: Event, acquisitions: Sequence[Acquisition], config: Mapping[str, Any], where: str
) -> list[Fault]:
    faults = []
    dem, epochs = dem_path(row.event, config), epochs_of_sentinel1(acquisitions)
    if epochs and not Path(dem).is_file():
        faults.append(
            Fault(
                f"there is no elevation '{dem}'",
                where,
                "a raster that covers the area and some kilometres around it",
                "put it there, or set sentinel1: dem",
            )
        )
    resources = config["pathvars"]["resources"]
    for epoch in epochs:
        _, missing = scenes_of(resources, row.event, epoch, acquisitions)
        faults += [
            Fault(
                f"there is no {path}",
                f"{config['tables']['acquisitions']}, event {row.event}, epoch {epoch}",
                "an IW SLC product: a .SAFE folder or a zip of one",
                "put it there, or name its path in column product",
            )
            for path in missing
        ]
    return faults
