"""SNAP's user directory of one job: orbits and other auxiliary data where SNAP looks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OrbitFile:
    """An orbit file of a scene.

    Attributes
    ----------
    path: `S1A_OPER_AUX_POEORB_OPOD_...EOF`.
    kind: POEORB or RESORB.
    mission: S1A ... S1D.
    date: ISO date of the scene; SNAP looks in the folder of its month.
    """

    path: Path
    kind: str
    mission: str
    date: str


def orbit_folder(auxdata: Path, kind: str, mission: str, date: str) -> Path:
    """Where SNAP looks for the orbit of a scene of an ISO date."""
    year, month, _ = date.split("-")
    return auxdata / "Orbits" / "Sentinel-1" / kind / mission / year / month


def updates() -> Path:
    """Where SNAP's update centre puts modules, which come before those of the installation."""
    return Path.home() / ".snap" / "system"


def prepare_userdir(user: Path, auxdata: Path | None, orbits: Sequence[OrbitFile]) -> None:
    """Link what a job needs into a user directory of its own, so that SNAP need not fetch it.

    Updates of SNAP are linked as well: SNAP loads them from its user directory.

    Parameters
    ----------
    user: that directory; made where it is not there.
    auxdata: folder that jobs share, laid out as SNAP's own (Orbits, dem); None: there is none.
    orbits: files of the job's scenes; where there are any, they stand in for the shared Orbits.
    """
    user.mkdir(parents=True, exist_ok=True)
    if updates().is_dir():
        _link(user / "system", updates())
    own = user / "auxdata"
    own.mkdir(exist_ok=True)
    for entry in sorted(auxdata.iterdir()) if auxdata else []:
        if not (orbits and entry.name == "Orbits"):
            _link(own / entry.name, entry)
    for orbit in orbits:
        folder = orbit_folder(own, orbit.kind, orbit.mission, orbit.date)
        folder.mkdir(parents=True, exist_ok=True)
        _link(folder / orbit.path.name, orbit.path)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target.absolute())
