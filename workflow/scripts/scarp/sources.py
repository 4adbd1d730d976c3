"""What can be wrong with where events come from, as far as it shows before the first job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scarp.acquire.archive import NAME, SIMULATED, path_faults
from scarp.errors import Fault
from scarp.product_files import required_files
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


def product_faults(
    events: Mapping[str, Event],
    acquisitions: Mapping[str, Sequence[Acquisition]],
    config: Mapping[str, Any],
) -> list[Fault]:
    """Events of source scenes whose product files are not there: this version makes none."""
    faults = []
    for event, row in events.items():
        if row.source != "scenes":
            continue
        folder = Path(config["pathvars"]["results"], "products", event)
        files = required_files(dates_of(acquisitions[event]), row.role != "apply")
        missing = [name for name in files if not (folder / name).is_file()]
        if missing:
            faults.append(
                Fault(
                    f"source 'scenes' lacks {len(missing)} of {len(files)} products:"
                    f" {', '.join(missing[:4])}{' ...' if len(missing) > 4 else ''}",
                    f"{config['tables']['events']}, event {event}",
                    f"files in {folder}, as docs/products.md describes them",
                    "put them there (this version does not make them itself), or run with"
                    " --config source=simulated",
                )
            )
    return faults
