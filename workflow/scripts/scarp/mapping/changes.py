"""What a map of an event shows that its last version did not, and the reverse."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.files import write_text
from scarp.mapping.geopackage import read_landslides
from scarp.mapping.summary import MapSummary, read_summary


@dataclass(frozen=True)
class Version:
    """One version of a map; the area in m2."""

    models: tuple[str, ...]
    images: str
    landslides: int
    area_m2: float


@dataclass(frozen=True)
class Changes:
    """What changed between two versions of a map.

    Attributes
    ----------
    then: the last version; None where there was none, and every landslide is new.
    now: this version.
    new: ids, in this version, of landslides that share no area with one of the last.
    kept: ids, in this version, of those that do.
    gone: ids, in the last version, of landslides that share no area with one of this.
    """

    then: Version | None
    now: Version
    new: tuple[int, ...]
    kept: tuple[int, ...]
    gone: tuple[int, ...]


def changes_since(
    summary: MapSummary,
    table: Any,
    previous_summary: str | Path | None,
    previous_polygons: str | Path | None,
) -> Changes:
    """Compare a map with its last version.

    Parameters
    ----------
    summary, table: of this version; see `scarp.mapping.polygons.MapPolygons`.
    previous_summary, previous_polygons: JSON and GeoPackage of the last version; None, or a path
        where no file is, when there was none.

    Raises
    ------
    DataError: one of the files is there and the other is not, or one cannot be read.
    """
    now, paths = _version(summary), (previous_summary, previous_polygons)
    there = [path is not None and Path(path).exists() for path in paths]
    if not any(there):
        return Changes(None, now, tuple(map(int, table["id"])), (), ())
    if previous_summary is None or previous_polygons is None or not all(there):
        raise DataError(
            Fault(
                "is there without its other half",
                str(paths[there.index(True)]),
                "summary and landslides of one version, or neither",
                "delete what is left of the last version",
            )
        )
    before = read_landslides(previous_polygons).to_crs(table.crs)
    kept, stayed = shared(table.geometry.to_numpy(), before.geometry.to_numpy())
    return Changes(
        _version(read_summary(previous_summary)),
        now,
        tuple(map(int, table["id"][~kept])),
        tuple(map(int, table["id"][kept])),
        tuple(map(int, before["id"][~stayed])),
    )


def shared(
    one: NDArray[np.object_], other: NDArray[np.object_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which shapes share any area with one of the other side, (one,) and (other,).

    Shapes that touch, at a point or along a line, share none.
    """
    found = np.zeros(len(one), dtype=np.bool_), np.zeros(len(other), dtype=np.bool_)
    if len(one) and len(other):
        mine, theirs = shapely.STRtree(other).query(one, predicate="intersects")
        area = shapely.area(shapely.intersection(one[mine], other[theirs])) > 0
        found[0][mine[area]] = True
        found[1][theirs[area]] = True
    return found


def write_changes(changes: Changes, path: str | Path) -> None:
    """Write changes as JSON; equal input gives equal bytes."""
    write_text(path, json.dumps(asdict(changes), indent=2, ensure_ascii=False) + "\n")


def read_changes(path: str | Path) -> Changes:
    """Read what `write_changes` wrote.

    Raises
    ------
    DataError: it cannot be read, or an entry is missing or unknown.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        return Changes(
            None if found["then"] is None else _from_dict(found["then"]),
            _from_dict(found["now"]),
            *(tuple(map(int, found[name])) for name in ("new", "kept", "gone")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            Fault(
                f"cannot be read as the changes of a map ({error})",
                str(path),
                cure="delete it and let the workflow make it again",
            )
        ) from None


def _version(summary: MapSummary) -> Version:
    return Version(summary.models, summary.images, summary.landslides, summary.area_m2)


def _from_dict(found: dict[str, Any]) -> Version:
    return Version(**{**found, "models": tuple(found["models"])})
