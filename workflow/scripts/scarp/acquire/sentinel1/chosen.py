"""The chosen Sentinel-1 scenes of an event as a file, and what of them lies in their folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scarp.acquire.sentinel1.scene import Scene, parse_name
from scarp.errors import DataError, Fault
from scarp.files import write_text
from scarp.scenes import LIST, SUFFIXES

#: In the folder of an epoch whose scenes the workflow fetches.
_FETCHED = ".fetched"


def write_chosen(path: str | Path, dates: Mapping[str, Sequence[Scene]]) -> None:
    """Write which scenes are an epoch's: equal choices give equal bytes."""
    told = {epoch: [_row(scene) for scene in scenes] for epoch, scenes in dates.items()}
    write_text(path, json.dumps(told, indent=1) + "\n")


def read_chosen(path: str | Path) -> dict[str, list[Scene]]:
    """Scenes of every chosen epoch; footprints are left out.

    Raises
    ------
    DataError: the file is missing or none of this kind.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        return {epoch: [_scene(row) for row in rows] for epoch, rows in told.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        cure = "delete it and let the workflow choose again"
        raise DataError(Fault(f"cannot be read ({error})", str(path), cure=cure)) from None


def is_by_hand(folder: str | Path) -> bool:
    """Whether scenes lie in an epoch's folder that the workflow did not fetch."""
    return bool(_lying(folder)) and not Path(folder, _FETCHED).exists()


def begin_fetching(folder: str | Path) -> None:
    """Note that scenes in an epoch's folder, even of an interrupted run, are the workflow's."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, _FETCHED).touch()


def list_scenes(folder: str | Path, paths: Sequence[Path] | None = None) -> list[str]:
    """Write the list of an epoch's scenes, which jobs read; returns their names.

    Parameters
    ----------
    paths: as fetched; None: whatever lies in the folder.
    """
    names = sorted(path.name for path in (_lying(folder) if paths is None else paths))
    write_text(Path(folder, LIST), "".join(f"{name}\n" for name in names))
    return names


def _lying(folder: str | Path) -> list[Path]:
    return [path for path in Path(folder).glob("*") if path.suffix in SUFFIXES]


def _row(scene: Scene) -> dict[str, Any]:
    return {
        "name": scene.name.text,
        "relative_orbit": scene.relative_orbit,
        "direction": scene.direction,
        "start": scene.start.isoformat(),
        "stop": scene.stop.isoformat(),
        "processed": scene.processed.isoformat(),
        "url": scene.url,
        "size": scene.size,
        "md5": scene.md5,
    }


def _scene(row: Mapping[str, Any]) -> Scene:
    return Scene(
        name=parse_name(row["name"]),
        relative_orbit=row["relative_orbit"],
        direction=row["direction"],
        start=datetime.fromisoformat(row["start"]),
        stop=datetime.fromisoformat(row["stop"]),
        footprint=None,
        processed=datetime.fromisoformat(row["processed"]),
        url=row["url"],
        size=row["size"],
        md5=row["md5"],
    )
