"""Where the satellite is: state vectors of an annotation or an orbit file, joined by a polynomial.

Positions and velocities are Earth-fixed (ITRF, as good as WGS84 here), in m and m/s; times are
seconds since a reference time that the caller keeps (midnight before the product's start).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree
from numba import njit
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.log import logger
from scarp.sentinel1.documents import elements, instant, midnight, number, parse, seconds, text
from scarp.sentinel1.orbit_name import ORBIT_NAME

#: Over the two to three minutes of a fit the seventh term of the orbit's series is below 0.1 mm.
DEGREE = 6
#: Seconds before and after the scene from which state vectors are taken.
MARGIN = 60.0
#: Each gives a position and a velocity: 4 determine a polynomial of degree 6, the rest checks it.
FEWEST = 5


@dataclass(frozen=True, eq=False)
class StateVectors:
    """Where the satellite was and how fast it went, at some times.

    Attributes
    ----------
    times: (n,) float64, s, ascending.
    positions, velocities: (n, 3) float64, m and m/s, Earth-fixed.
    """

    times: NDArray[np.float64]
    positions: NDArray[np.float64]
    velocities: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Orbit:
    """A polynomial in time for each coordinate of the satellite.

    Attributes
    ----------
    centre, half: the polynomial's variable is (t - centre) / half, from -1 to 1.
    coefficients: (DEGREE + 1, 3) float64, m, lowest power first.
    start, stop: first and last state vector that it rests on, s; it does not hold outside.
    source: "annotation", "POEORB <file name>" or "RESORB <file name>".
    """

    centre: float
    half: float
    coefficients: NDArray[np.float64]
    start: float
    stop: float
    source: str

    def position(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Position at times `t` (...), s: (..., 3) float64, m, Earth-fixed."""
        return self._evaluate(self.coefficients, t)

    def velocity(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Velocity at times `t` (...), s: (..., 3) float64, m/s, in the turning Earth's frame."""
        powers = np.arange(1, DEGREE + 1)[:, None]
        return self._evaluate(self.coefficients[1:] * powers / self.half, t)

    def _evaluate(
        self, coefficients: NDArray[np.float64], t: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        s = np.asarray((np.asarray(t, dtype=np.float64) - self.centre) / self.half)
        values = np.empty((*s.shape, 3))
        _horner(np.ascontiguousarray(coefficients), s.reshape(-1), values.reshape(-1, 3))
        return values


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _horner(
    coefficients: NDArray[np.float64], s: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Polynomials (power, 3) at (n,) into (n, 3)."""
    for n in range(s.shape[0]):
        for axis in range(3):
            value = 0.0
            for power in range(coefficients.shape[0] - 1, -1, -1):
                value = value * s[n] + coefficients[power, axis]
            out[n, axis] = value


def fit_orbit(vectors: StateVectors, start: float, stop: float, source: str) -> Orbit:
    """Fit positions and velocities together around a scene.

    Parameters
    ----------
    vectors: of any length of time.
    start, stop: of the scene, s; vectors of up to `MARGIN` before and after are used.
    source: as in `Orbit`.

    Raises
    ------
    DataError: the vectors do not enclose the scene, or fewer than `FEWEST` lie around it.
    """
    near = (vectors.times >= start - MARGIN) & (vectors.times <= stop + MARGIN)
    times = vectors.times[near]
    if not times.size or times[0] > start or times[-1] < stop:
        held = f"{vectors.times[0]:.1f} to {vectors.times[-1]:.1f} s" if len(vectors.times) else ""
        raise DataError(
            Fault(
                f"its state vectors ({held or 'none'}) do not enclose the scene "
                f"({start:.1f} to {stop:.1f} s of the day)",
                source,
                "state vectors from before the scene's start to after its end",
                "give the orbit file of this scene, or none to use the product's own orbit",
            )
        )
    if times.size < FEWEST:
        raise DataError(
            Fault(
                f"has {times.size} state vectors within {MARGIN:.0f} s of the scene",
                source,
                f"{FEWEST} or more",
                "fetch the orbit file or the product again",
            )
        )
    centre, half = (times[0] + times[-1]) / 2, (times[-1] - times[0]) / 2
    s = (times - centre) / half
    powers = np.arange(DEGREE + 1)
    value = s[:, None] ** powers
    slope = np.zeros_like(value)
    slope[:, 1:] = powers[1:] * value[:, :-1]
    # Velocities times `half` are derivatives by s: metres like the positions, and so weighted.
    coefficients, *_ = np.linalg.lstsq(
        np.concatenate([value, slope]),
        np.concatenate([vectors.positions[near], vectors.velocities[near] * half]),
        rcond=None,
    )
    return Orbit(
        float(centre), float(half), coefficients, float(times[0]), float(times[-1]), source
    )


def choose_orbit(
    folder: str | Path, mission: str, start: np.datetime64, stop: np.datetime64
) -> Path | None:
    """The orbit file of a scene among those of a folder, by their names.

    Parameters
    ----------
    folder: holds `S1A_OPER_AUX_POEORB_OPOD_<made>_V<from>_<to>.EOF` and the like, as published.
    mission: "S1A" ... "S1D".
    start, stop: of the scene, UTC.

    Returns
    -------
    A precise orbit (POEORB) before a restituted one (RESORB), of several the one made last; None
    if no file of this mission covers the scene: then the annotation's own orbit is what is left.

    Raises
    ------
    DataError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise DataError(
            Fault(
                "is no folder",
                str(folder),
                "a folder of AUX_POEORB and AUX_RESORB files (.EOF)",
                "make it, or leave the orbit folder out to use the products' own orbits",
            )
        )
    fitting: list[tuple[bool, str, Path]] = []
    for path in Path(folder).iterdir():
        parts = ORBIT_NAME.fullmatch(path.name)
        if (
            parts
            and parts["mission"] == mission
            and _of_name(parts["start"]) <= start
            and stop <= _of_name(parts["stop"])
        ):
            fitting.append((parts["kind"] == "POEORB", parts["made"], path))
    return max(fitting)[2] if fitting else None


def read_eof(
    xml: bytes, label: str, mission: str, start: np.datetime64, stop: np.datetime64
) -> StateVectors:
    """State vectors of an orbit file (AUX_POEORB, AUX_RESORB) around a scene.

    Parameters
    ----------
    xml: what the file holds.
    label: the file's name, for errors.
    mission: "S1A" ... "S1D": of the scene.
    start, stop: of the scene, UTC.

    Returns
    -------
    Vectors from `MARGIN` before to `MARGIN` after the scene; times are seconds since the midnight
    before `start`.

    Raises
    ------
    DataError: no orbit file, one of another satellite or of another time, or one in another frame.
    """
    root = parse(xml, label)
    kind = text(root, "Earth_Explorer_Header/Fixed_Header/File_Type", label)
    if kind not in ("AUX_POEORB", "AUX_RESORB"):
        raise DataError(
            Fault(
                f"is of type {kind}",
                label,
                "AUX_POEORB, AUX_RESORB",
                "give the orbit file that belongs to the scene",
            )
        )
    _check_header(root, label, mission, start, stop)
    reference = midnight(start)
    margin = np.timedelta64(int(MARGIN * 1e9), "ns")
    # Times of one format sort as text: thousands of vectors need not be read as times.
    first, last = (
        str(moment.astype("datetime64[us]")) for moment in (start - margin, stop + margin)
    )
    near = [
        vector
        for vector in elements(root, "Data_Block/List_of_OSVs/OSV", label)
        if first <= text(vector, "UTC", label).removeprefix("UTC=") <= last
    ]
    degraded = sum(vector.findtext("Quality", "NOMINAL") != "NOMINAL" for vector in near)
    if degraded:
        logger.warning("%s: %d state vectors near the scene are not NOMINAL", label, degraded)
    times = [
        seconds(instant(text(v, "UTC", label).removeprefix("UTC="), "OSV/UTC", label), reference)
        for v in near
    ]
    return StateVectors(
        np.array(times, dtype=np.float64),
        _vectors(near, ("X", "Y", "Z"), label),
        _vectors(near, ("VX", "VY", "VZ"), label),
    )


def read_orbit(path: str | Path, mission: str, start: np.datetime64, stop: np.datetime64) -> Orbit:
    """The orbit of a scene from an orbit file; parameters and errors as `read_eof`.

    Raises
    ------
    DataError: the file cannot be read, besides what `read_eof` and `fit_orbit` find.
    """
    name = Path(path).name
    try:
        xml = Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            Fault(f"cannot be read ({error.strerror})", str(path), cure="fetch the file again")
        ) from None
    vectors = read_eof(xml, str(path), mission, start, stop)
    reference = midnight(start)
    kind = "POEORB" if "_POEORB_" in name else "RESORB"
    return fit_orbit(vectors, seconds(start, reference), seconds(stop, reference), f"{kind} {name}")


def _check_header(
    root: etree._Element, label: str, mission: str, start: np.datetime64, stop: np.datetime64
) -> None:
    header = "Earth_Explorer_Header/"
    satellite = text(root, header + "Fixed_Header/Mission", label).replace("Sentinel-1", "S1")
    cure = "give the orbit file of this scene, or none to use the product's own orbit"
    if satellite != mission:
        raise DataError(
            Fault(f"is of satellite {satellite}, the scene of {mission}", label, "", cure)
        )
    first, last = (
        instant(
            text(root, f"{header}Fixed_Header/Validity_Period/{name}", label).removeprefix("UTC="),
            name,
            label,
        )
        for name in ("Validity_Start", "Validity_Stop")
    )
    if start < first or stop > last:
        raise DataError(
            Fault(
                f"orbit file of another time: it holds from {_short(first)} to {_short(last)}, "
                f"the scene is of {_short(start)}",
                label,
                "a file whose validity encloses the scene",
                cure,
            )
        )
    frame = text(root, header + "Variable_Header/Ref_Frame", label)
    clock = text(root, header + "Variable_Header/Time_Reference", label)
    if (frame, clock) != ("EARTH_FIXED", "UTC"):
        raise DataError(
            Fault(f"is in frame {frame} and time {clock}", label, "EARTH_FIXED and UTC", cure)
        )


def _vectors(found: list[etree._Element], axes: tuple[str, ...], label: str) -> NDArray[np.float64]:
    rows = [[number(vector, axis, label) for axis in axes] for vector in found]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(axes))


def _of_name(stamp: str) -> np.datetime64:
    """The time that 20230823T123139 in a file's name stands for."""
    day, clock = stamp.split("T")
    return np.datetime64(
        f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}", "ns"
    )


def _short(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[s]"))
