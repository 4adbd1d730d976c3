"""Whether SNAP finds the orbits of scenes on disk, or has to fetch them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from scarp.sentinel1.orbit_name import ORBIT_NAME
from scarp.snap.findings import Finding
from scarp.snap.userdir import orbit_folder

_PRODUCT = re.compile(r"(S1[A-D])_IW_SLC__1S\w\w_(\d{8}T\d{6})_")
_FETCHED = "SNAP will fetch them from step.esa.int, which nodes without internet cannot"


@dataclass(frozen=True)
class Scene:
    """A scene that needs an orbit.

    Attributes
    ----------
    mission: S1A ... S1D.
    start: of the scene, UTC without a zone.
    orbit: kind of file that its graph asks for.
    """

    mission: str
    start: datetime
    orbit: Literal["POEORB", "RESORB"] = "POEORB"


def scenes_of_names(names: Iterable[str], orbit: str) -> list[Scene]:
    """What the names of SLC products tell; others are left out.

    Parameters
    ----------
    names: such as S1A_IW_SLC__1SDV_20200112T123000_20200112T123027_..., with or without a suffix.
    orbit: least accurate orbit that is taken, "precise" or "restituted".
    """
    kind: Literal["POEORB", "RESORB"] = "POEORB" if orbit == "precise" else "RESORB"
    found = (_PRODUCT.match(name) for name in names)
    return [
        Scene(parts[1], datetime.strptime(parts[2], "%Y%m%dT%H%M%S"), kind)
        for parts in found
        if parts
    ]


def orbit_findings(
    auxdata: Path | None, scenes: Sequence[Scene], orbits: Path | None = None
) -> list[Finding]:
    """Scenes whose orbit SNAP would not find on disk, and a folder that is not there.

    SNAP looks in the folder of the month of the first state vector, a minute or so before the
    scene's start, and goes by the validity in the name.

    Parameters
    ----------
    auxdata: folder that jobs share, laid out as SNAP's own; None: there is none.
    scenes: each counts once.
    orbits: a flat folder of orbit files that the workflow links for its jobs; None: there is none.
    """
    if auxdata is not None and not auxdata.is_dir():
        return [
            Finding(
                "fault",
                f"auxiliary data of SNAP: {auxdata}",
                "is no folder",
                "a folder laid out as auxdata of SNAP's user directory (Orbits, dem)",
                "make it, or leave it out of the configuration",
            )
        ]
    wanted = sorted(set(scenes), key=lambda scene: (scene.mission, scene.start, scene.orbit))
    missing: dict[Path, list[Scene]] = {}
    for scene in wanted:
        folder = orbit_folder(
            auxdata or Path("<auxdata>"), scene.orbit, scene.mission, f"{scene.start:%Y-%m-%d}"
        )
        if not (_covers(folder, scene) or (orbits and _covers(orbits, scene))):
            missing.setdefault(folder, []).append(scene)
    if not missing:
        return [Finding("ok", "orbits", f"of all scenes ({len(wanted)}) are on disk")] * bool(
            wanted
        )
    if auxdata is None:
        return [_without(missing)]
    return [_missing(folder, left) for folder, left in missing.items()]


def _missing(folder: Path, scenes: Sequence[Scene]) -> Finding:
    first = scenes[0]
    return Finding(
        "warning",
        f"orbits of {', '.join(f'{one.mission} {one.start:%Y-%m-%d}' for one in scenes)}",
        f"no {first.orbit} file on disk covers them: {_FETCHED}",
        f"{first.mission}_OPER_AUX_{first.orbit}_OPOD_*_V<start>_<stop>.EOF or .EOF.zip",
        f"put the files into {folder}",
    )


def _without(missing: Mapping[Path, Sequence[Scene]]) -> Finding:
    return Finding(
        "warning",
        f"orbits of scenes ({sum(map(len, missing.values()))})",
        f"are not on disk, and no folder of auxiliary data is configured: {_FETCHED}",
        "a folder laid out as auxdata of SNAP's user directory",
        f"put the files into {next(iter(missing))} and so on, and configure <auxdata>",
    )


def _covers(folder: Path, scene: Scene) -> bool:
    time = f"{scene.start:%Y%m%dT%H%M%S}"
    return any(
        (name["mission"], name["kind"]) == (scene.mission, scene.orbit)
        and name["start"] <= time < name["stop"]
        for name in map(ORBIT_NAME.fullmatch, _names(folder))
        if name
    )


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name.removesuffix(".zip") for path in folder.iterdir()]
