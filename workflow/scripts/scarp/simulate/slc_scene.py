"""What a simulated scene, a date and a product are, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault, TableError
from scarp.grid import Grid
from scarp.simulate.slc_radar import SUBSWATHS

Array = NDArray[np.float64]

_MISSIONS = ("S1A", "S1B", "S1C", "S1D")
_POLARISATIONS = (("VV", "VH"), ("HH", "HV"), ("VV",), ("HH",))


@dataclass(frozen=True)
class SlcScene:
    """The ground and how it scatters: zones of constant backscatter on a terrain.

    Attributes
    ----------
    grid: metric, north up. It should reach beyond the area of interest by a kilometre or more,
        since nothing scatters outside it.
    elevation: (rows, columns) float, ellipsoidal height of pixel centres, m; the surface between
        four centres is bilinear. zones: (rows, columns) int, 0 to zones - 1.
    direction: ASC or DES.
    gamma0_co, gamma0_cross: (dates, zones) linear power per area across the look direction.
    correlation: (dates, zones) complex, <co cross*> / sqrt(<|co|^2> <|cross|^2>).
    coherence: (dates - 1, zones) real, between a date and the next, of both polarisations.
    """

    grid: Grid
    elevation: Array
    zones: NDArray[np.integer]
    direction: str
    gamma0_co: Array
    gamma0_cross: Array
    correlation: NDArray[np.complex128]
    coherence: Array


@dataclass(frozen=True)
class SlcDate:
    """A date to simulate.

    Attributes
    ----------
    date: ISO date. absolute_orbit: number. mission: S1A, S1B, S1C or S1D.
    perpendicular_baseline: m, how far the orbit is moved across the line of sight to the centre.
    azimuth_offset: lines by which the bursts start later over the ground.
    """

    date: str
    absolute_orbit: int
    mission: str = "S1A"
    perpendicular_baseline: float = 0.0
    azimuth_offset: float = 0.0


@dataclass(frozen=True)
class SlcSettings:
    """How products are made.

    Attributes
    ----------
    seed: from which everything random is drawn.
    polarisations: the co-polarised one and, where wanted, the crossed one.
    swaths: names of neighbouring subswaths, near range first; they share the scene.
    bursts: of each subswath. lines: of a burst (1500 in real products).
    overlap: lines that two bursts share. swath_overlap: slant range that two subswaths share, m.
    incidence: at the scene's centre, degree; None for the middle of the subswaths.
    scatterers: in a row across one grid pixel; 3 on 10 m give some nine in a resolution cell.
    noise_factor: 0 for no thermal noise, 1 for that of the instrument.
    ipf: version of the processor that is named; before 2.90 noise has no azimuth table.
    relative_orbit: number. time_of_day: of the passage, s.
    """

    seed: int = 1
    polarisations: tuple[str, ...] = ("VV", "VH")
    swaths: tuple[str, ...] = ("IW1",)
    bursts: int = 2
    lines: int = 600
    overlap: int = 120
    swath_overlap: float = 700.0
    incidence: float | None = None
    scatterers: int = 3
    noise_factor: float = 1.0
    ipf: str = "003.61"
    relative_orbit: int = 52
    time_of_day: float = 23850.0

    @property
    def azimuth_noise(self) -> bool:
        """Whether this IPF version annotates noise along azimuth."""
        return float(self.ipf) >= 2.9

    @property
    def centre_incidence(self) -> float:
        """Incidence angle at the scene's centre, degree."""
        if self.incidence is not None:
            return self.incidence
        return float(np.mean([SUBSWATHS[name].incidence for name in self.swaths]))


def check(scene: SlcScene, dates: Sequence[SlcDate], settings: SlcSettings) -> None:
    """Raise TableError or DataError where a product could not be what is asked for."""
    faults = [*_settings_faults(settings), *_date_faults(dates)]
    if scene.direction not in ("ASC", "DES"):
        faults.append(Fault(f"direction is '{scene.direction}'", "simulated scene", "ASC, DES"))
    if faults:
        raise TableError(faults)
    faults = _ground_faults(scene) or _radiometry_faults(scene, len(dates))
    if faults:
        raise DataError(faults)


def _settings_faults(settings: SlcSettings) -> list[Fault]:
    place = "settings of simulated SLC"
    faults = []
    names = list(SUBSWATHS)
    wanted = list(settings.swaths)
    if wanted not in [names[i:j] for i in range(3) for j in range(i + 1, 4)]:
        faults.append(
            Fault(
                f"swaths are {', '.join(wanted) or 'none'}",
                place,
                "neighbours among IW1, IW2, IW3, near range first",
            )
        )
    if settings.polarisations not in _POLARISATIONS:
        allowed = "; ".join("+".join(pair) for pair in _POLARISATIONS)
        faults.append(
            Fault(f"polarisations are {'+'.join(settings.polarisations)}", place, allowed)
        )
    for name, value, least in (
        ("bursts", settings.bursts, 1),
        ("lines", settings.lines, 100),
        ("scatterers", settings.scatterers, 1),
        ("overlap", settings.overlap, 0),
        ("noise_factor", settings.noise_factor, 0),
        ("swath_overlap", settings.swath_overlap, 0),
    ):
        if value < least:
            faults.append(Fault(f"{name} is {value}", place, f"{least} or more"))
    if settings.overlap >= settings.lines:
        faults.append(Fault(f"overlap is {settings.overlap}", place, f"below {settings.lines}"))
    if settings.incidence is not None and not 15.0 <= settings.incidence <= 60.0:
        faults.append(Fault(f"incidence is {settings.incidence}", place, "15 to 60 degree"))
    return faults


def _date_faults(dates: Sequence[SlcDate]) -> list[Fault]:
    place = "dates of simulated SLC"
    faults = []
    for entry in dates:
        try:
            proper = date.fromisoformat(entry.date).isoformat() == entry.date
        except ValueError:
            proper = False
        if not proper:
            faults.append(Fault(f"'{entry.date}' is no date", place, "YYYY-MM-DD"))
        if entry.mission not in _MISSIONS:
            faults.append(
                Fault(f"mission is '{entry.mission}'", f"{place}, {entry.date}", "S1A to S1D")
            )
    days = [entry.date for entry in dates]
    if not days or sorted(set(days)) != days:
        faults.append(
            Fault(f"are {', '.join(days) or 'none'}", place, "one or more, in order, none twice")
        )
    return faults


def _ground_faults(scene: SlcScene) -> list[Fault]:
    place = "simulated scene"
    faults = []
    if not scene.grid.is_metric:
        faults.append(Fault(f"the CRS is '{scene.grid.crs}'", place, "a projected CRS in metres"))
    shape = (scene.grid.height, scene.grid.width)
    if min(shape) < 2:
        faults.append(Fault(f"the grid is {shape[0]} x {shape[1]}", place, "2 x 2 or more"))
    for name, layer in (("elevation", scene.elevation), ("zones", scene.zones)):
        if layer.shape != shape:
            faults.append(Fault(f"{name} is {layer.shape}", place, f"the grid's {shape}"))
    if not np.isfinite(scene.elevation).all():
        faults.append(Fault("elevation has values that are not finite", place, "heights in m"))
    return faults


def _radiometry_faults(scene: SlcScene, dates: int) -> list[Fault]:
    place = "simulated scene"
    faults = []
    zones = int(scene.zones.max()) + 1
    if scene.zones.min() < 0:
        faults.append(Fault(f"a zone is {scene.zones.min()}", place, "0 or more"))
    for name, values, rows, low, high in (
        ("gamma0_co", scene.gamma0_co, dates, 0.0, np.inf),
        ("gamma0_cross", scene.gamma0_cross, dates, 0.0, np.inf),
        ("correlation", np.abs(scene.correlation), dates, 0.0, 1.0),
        ("coherence", scene.coherence, dates - 1, 0.0, 1.0),
    ):
        if values.ndim != 2 or values.shape[0] != rows or values.shape[1] < zones:
            faults.append(Fault(f"{name} is {values.shape}", place, f"({rows}, {zones})"))
        elif not ((values >= low) & (values <= high)).all():
            faults.append(Fault(f"{name} has other values", place, f"{low} to {high}"))
    return faults
