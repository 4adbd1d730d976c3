"""From an event's scenes to the graph that makes one product of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scarp.errors import DataError, Fault
from scarp.grid import Grid
from scarp.product_raster import read_raster
from scarp.scenes import earlier_epoch, listed
from scarp.sentinel1.job import Place, refuse_other_orbit
from scarp.sentinel1.passes import Pass, open_pass, refuse_other_track
from scarp.sentinel1.settings import Processing
from scarp.snap.bursts import burst_choice
from scarp.snap.check import check_graph
from scarp.snap.compose import compose
from scarp.snap.elevation import NODATA
from scarp.snap.graph import Graph
from scarp.snap.settings import PRECISE, RESTITUTED, Date, GraphSettings, Kind
from scarp.snap.userdir import OrbitFile

LeastOrbit = Literal["precise", "restituted"]


@dataclass(frozen=True)
class Request:
    """One product of an event.

    Attributes
    ----------
    kind: what is made; backscatter comes with the geometry.
    place: the event; its dem holds heights above the ellipsoid (`scarp.snap.elevation`).
    epoch: of the scenes; its coherence is with the epoch before.
    scenes, earlier: SAFE folders or zips of the epoch, and for coherence of the epoch before.
    orbits: folder of orbit files that need not exist; without one SNAP fetches its own.
    orbit: least accurate kind of orbit that is taken.
    spectral_diversity: whether the azimuth shift of a pair is refined.
    processing: numbers of both engines.
    """

    kind: Kind
    place: Place
    epoch: str
    scenes: tuple[str, ...]
    earlier: tuple[str, ...]
    orbits: str
    orbit: LeastOrbit
    spectral_diversity: bool
    processing: Processing


def request_from(kind: Kind, terrain: str, dem: str | Path, params: Any) -> Request:
    """A request from the parameters of the workflow's rules.

    Parameters
    ----------
    terrain, dem: files of the event; heights of the dem are above the ellipsoid.
    params: has track, epoch, scenes, earlier, orbits, choices and processing.
    """
    return Request(
        kind,
        Place(terrain, str(dem), "ellipsoidal", **params.track),
        params.epoch,
        tuple(params.scenes),
        tuple(params.earlier),
        params.orbits,
        params.choices["orbit"],
        params.choices["spectral_diversity"],
        Processing(**params.processing),
    )


@dataclass(frozen=True)
class Resolved:
    """What a request comes to.

    Attributes
    ----------
    graph: composed and checked.
    grid: the event's.
    passes: the date; for coherence the earlier, then the later one.
    orbits: files of the folder that fit them.
    """

    graph: Graph
    grid: Grid
    passes: tuple[Pass, ...]
    orbits: tuple[OrbitFile, ...]


def resolve(request: Request, version: str, output: Path) -> Resolved:
    """Open the scenes, find the bursts that image the event, and compose the graph.

    Parameters
    ----------
    version: of SNAP.
    output: .dim file that the graph writes.

    Raises
    ------
    DataError: a scene cannot be read, is of another track than the tables or the other date, has
        other polarisations than VV+VH, or images none of the event; an unknown version; the graph
        does not pass the check, with all faults.
    """
    grid = read_raster(Path(request.place.terrain)).grid
    folder = Path(request.orbits) if request.orbits and Path(request.orbits).is_dir() else None
    passes = {request.epoch: open_pass(listed(request.scenes), folder)}
    if request.kind == "coherence":
        before = earlier_epoch(request.epoch)
        passes = {before: open_pass(listed(request.earlier), folder), **passes}
    for date in passes.values():
        refuse_other_orbit(date, request.place)
        _refuse_other_polarisations(date)
    dates = tuple(passes.values())
    refuse_other_track(dates[0], dates[-1])
    settings = _settings(request, grid, passes, output)
    graph = compose(request.kind, version, settings)
    faults = check_graph(graph, version)
    if faults:
        raise DataError(faults)
    return Resolved(graph, grid, dates, _orbit_files(dates, folder))


def _refuse_other_polarisations(date: Pass) -> None:
    if date.polarisations != ("VV", "VH"):
        raise DataError(
            Fault(
                f"has {'+'.join(date.polarisations)}",
                f"{date.date}: {', '.join(date.products)}",
                "VV+VH, which the graphs select",
                "give the event engine embedded, which takes HH+HV as well",
            )
        )


def _settings(
    request: Request, grid: Grid, passes: Mapping[str, Pass], output: Path
) -> GraphSettings:
    dem = Path(request.place.dem).absolute()
    chosen = burst_choice(grid, dem, passes)
    dates = tuple(
        Date(date.products, date.swaths, _orbit_type(own, request.orbit))
        for date, own in zip(chosen, passes.values(), strict=True)
    )
    return GraphSettings(
        dates=dates,
        epsg=int(grid.crs.removeprefix("EPSG:")),
        dem=str(dem),
        output=str(output.absolute()),
        origin=(float(grid.x[0]), float(grid.y[0])),
        processing=request.processing,
        dem_nodata=NODATA,
        geometry=request.kind == "backscatter",
        spectral_diversity=request.spectral_diversity,
    )


def _orbit_type(date: Pass, least: LeastOrbit) -> str:
    """Precise, unless restituted ones are allowed and no precise one is at hand."""
    there = date.orbit.source.startswith("POEORB")
    return PRECISE if there or least == "precise" else RESTITUTED


def _orbit_files(dates: tuple[Pass, ...], folder: Path | None) -> tuple[OrbitFile, ...]:
    """The files that the passes were opened with: their orbit's source is "KIND name"."""
    found = []
    for date in dates:
        kind, _, name = date.orbit.source.partition(" ")
        if folder and name:
            found.append(OrbitFile(folder / name, kind, date.mission, date.date))
    return tuple(found)
