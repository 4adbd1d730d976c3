"""Orbits: the polynomial goes through what it was fitted to, and files are chosen by their time."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from scarp.errors import DataError
from scarp.sentinel1.orbit import (
    StateVectors,
    choose_orbit,
    fit_orbit,
    read_eof,
    read_orbit,
)

DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_orbit")
real_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir(), reason="SCARP_TEST_DATA does not lead to the folder s1_orbit"
)
START, STOP = np.datetime64("2023-08-23T13:00:00", "ns"), np.datetime64("2023-08-23T13:00:27", "ns")
DAY = np.datetime64("2023-08-23", "ns")
NAME = "S1A_OPER_AUX_{}_OPOD_{}_V{}_{}.EOF"


def circle(times: np.ndarray) -> StateVectors:
    """A circular orbit inclined by 98 degrees, seen from the turning Earth."""
    place, speed, turn = 1.06e-3 * times, 1.06e-3 * 7.07e6, 7.292115e-5
    tilt = np.radians(98.18)
    fixed = 7.07e6 * np.stack(
        [np.cos(place), np.sin(place) * np.cos(tilt), np.sin(place) * np.sin(tilt)], axis=-1
    )
    moving = speed * np.stack(
        [-np.sin(place), np.cos(place) * np.cos(tilt), np.cos(place) * np.sin(tilt)], axis=-1
    )
    cosine, sine = np.cos(turn * times), np.sin(turn * times)
    rotation = np.zeros((times.size, 3, 3))
    rotation[:, 0, 0], rotation[:, 0, 1] = cosine, sine
    rotation[:, 1, 0], rotation[:, 1, 1] = -sine, cosine
    rotation[:, 2, 2] = 1
    positions = np.einsum("nij,nj->ni", rotation, fixed)
    drag = turn * np.stack([positions[:, 1], -positions[:, 0], np.zeros(times.size)], axis=-1)
    return StateVectors(times, positions, np.einsum("nij,nj->ni", rotation, moving) + drag)


def eof(**changes: str) -> bytes:
    """An orbit file of 31 vectors, 10 s apart, from 12:58."""
    words = {
        "mission": "Sentinel-1A",
        "kind": "AUX_POEORB",
        "start": "2023-08-23T12:00:00",
        "stop": "2023-08-23T14:00:00",
        "frame": "EARTH_FIXED",
        "clock": "UTC",
        "quality": "NOMINAL",
        "root": "",
    } | changes
    times = np.arange(46680.0, 46981.0, 10.0)
    vectors = circle(times)
    rows = "".join(
        f"<OSV><UTC>UTC={DAY.astype('datetime64[us]') + np.timedelta64(int(t * 1e6), 'us')}</UTC>"
        + "".join(
            f"<{axis}>{value:.6f}</{axis}>"
            for axis, value in zip(("X", "Y", "Z", "VX", "VY", "VZ"), state, strict=True)
        )
        + f"<Quality>{words['quality']}</Quality></OSV>"
        for t, state in zip(
            times, np.hstack([vectors.positions, vectors.velocities]).tolist(), strict=True
        )
    )
    return f"""<?xml version="1.0"?>{words["root"]}
<Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header><Mission>{words["mission"]}</Mission>
<File_Type>{words["kind"]}</File_Type><Validity_Period>
<Validity_Start>UTC={words["start"]}</Validity_Start>
<Validity_Stop>UTC={words["stop"]}</Validity_Stop></Validity_Period></Fixed_Header>
<Variable_Header><Ref_Frame>{words["frame"]}</Ref_Frame>
<Time_Reference>{words["clock"]}</Time_Reference></Variable_Header></Earth_Explorer_Header>
<Data_Block><List_of_OSVs>{rows}</List_of_OSVs></Data_Block></Earth_Explorer_File>""".encode()


def test_polynomial_between_vectors_is_the_orbit() -> None:
    orbit = fit_orbit(circle(np.arange(0.0, 201.0, 10.0)), 85.0, 112.0, "annotation")
    between = np.linspace(30.0, 170.0, 71)
    truth = circle(between)
    np.testing.assert_allclose(orbit.position(between), truth.positions, rtol=0, atol=1e-3)
    np.testing.assert_allclose(orbit.velocity(between), truth.velocities, rtol=0, atol=1e-4)
    assert (orbit.start, orbit.stop) == (30.0, 170.0)
    assert orbit.position(np.zeros((2, 5))).shape == (2, 5, 3)
    assert orbit.velocity(np.array(90.0)).shape == (3,)


def test_velocities_bear_on_the_fit() -> None:
    # Six positions alone do not determine a polynomial of degree 6.
    orbit = fit_orbit(circle(np.arange(75.0, 126.0, 10.0)), 95.0, 105.0, "annotation")
    between = np.linspace(75.0, 125.0, 51)
    truth = circle(between).positions
    np.testing.assert_allclose(orbit.position(between), truth, rtol=0, atol=1e-4)


def test_vectors_must_enclose_the_scene_and_be_enough() -> None:
    vectors = circle(np.arange(0.0, 101.0, 10.0))
    for start, stop in ((-1.0, 20.0), (90.0, 101.0), (500.0, 520.0)):
        with pytest.raises(DataError, match="do not enclose the scene"):
            fit_orbit(vectors, start, stop, "annotation")
    with pytest.raises(DataError, match="has 4 state vectors within 60 s"):
        fit_orbit(circle(np.array([0.0, 40.0, 80.0, 120.0])), 50.0, 70.0, "annotation")
    with pytest.raises(DataError, match="do not enclose"):
        fit_orbit(circle(np.array([])), 50.0, 70.0, "annotation")


def test_orbit_file_around_a_scene(tmp_path: Path) -> None:
    vectors = read_eof(eof(), "a.EOF", "S1A", START, STOP)
    np.testing.assert_allclose(vectors.times, np.arange(46740.0, 46881.0, 10.0), atol=1e-9)
    path = tmp_path / NAME.format("POEORB", "20230912T080000", "20230823T120000", "20230823T140000")
    path.write_bytes(eof())
    orbit = read_orbit(path, "S1A", START, STOP)
    assert orbit.source == f"POEORB {path.name}"
    at = np.array([46805.0, 46822.0])
    np.testing.assert_allclose(orbit.position(at), circle(at).positions, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "AUX_PREORB"}, "is of type AUX_PREORB"),
        ({"mission": "Sentinel-1B"}, "is of satellite S1B, the scene of S1A"),
        ({"stop": "2023-08-23T13:00:20"}, "orbit file of another time"),
        ({"start": "2023-08-23T13:00:10"}, "orbit file of another time"),
        ({"frame": "GM2000"}, "frame GM2000"),
        ({"clock": "TAI"}, "time TAI"),
        ({"root": "<!DOCTYPE a [<!ENTITY b 'c'>]>"}, "document type declaration"),
    ],
)
def test_orbit_file_that_does_not_serve(changes: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=rf"a\.EOF: .*{said}"):
        read_eof(eof(**changes), "a.EOF", "S1A", START, STOP)


def test_degraded_vectors_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="scarp"):
        read_eof(eof(), "a.EOF", "S1A", START, STOP)
        assert not caplog.records
        read_eof(eof(quality="DEGRADED"), "a.EOF", "S1A", START, STOP)
    assert "15 state vectors near the scene are not NOMINAL" in caplog.text


def test_orbit_file_without_vectors_of_the_scene(tmp_path: Path) -> None:
    late = START + np.timedelta64(30, "m"), STOP + np.timedelta64(30, "m")
    path = tmp_path / "orbit.EOF"
    path.write_bytes(eof())
    with pytest.raises(DataError, match="do not enclose the scene"):
        read_orbit(path, "S1A", *late)
    with pytest.raises(DataError, match="cannot be read"):
        read_orbit(tmp_path / "none.EOF", "S1A", *late)


def test_choice_among_orbit_files(tmp_path: Path) -> None:
    def add(kind: str, made: str, start: str, stop: str, mission: str = "S1A") -> Path:
        path = tmp_path / NAME.format(kind, made, start, stop).replace("S1A", mission)
        path.touch()
        return path

    assert choose_orbit(tmp_path, "S1A", START, STOP) is None
    add("POEORB", "20230912T080000", "20230822T225942", "20230823T130010")  # ends within it
    add("POEORB", "20230912T080000", "20230823T130010", "20230825T005942")  # starts within it
    add("POEORB", "20230912T080000", "20230822T225942", "20230824T005942", "S1B")
    add("PREORB", "20230823T080000", "20230822T225942", "20230824T005942")
    (tmp_path / "notes.txt").touch()
    assert choose_orbit(tmp_path, "S1A", START, STOP) is None
    restituted = add("RESORB", "20230923T162050", "20230823T123139", "20230823T154909")
    assert choose_orbit(tmp_path, "S1A", START, STOP) == restituted
    add("POEORB", "20230912T080000", "20230822T225942", "20230824T005942")
    again = add("POEORB", "20231012T080000", "20230822T225942", "20230824T005942")
    assert choose_orbit(tmp_path, "S1A", START, STOP) == again
    assert choose_orbit(tmp_path, "S1C", START, STOP) is None
    with pytest.raises(DataError, match="is no folder"):
        choose_orbit(tmp_path / "orbits", "S1A", START, STOP)


@real_data
def test_real_orbit_file_gives_back_the_vectors_it_was_not_told() -> None:
    path = next(REAL.glob("*.EOF"))
    assert choose_orbit(REAL, "S1A", START, STOP) == path
    vectors = read_eof(path.read_bytes(), path.name, "S1A", START, STOP)
    # 10 s apart, from 60 s before to 60 s after.
    np.testing.assert_allclose(vectors.times, 46749.035127 + 10 * np.arange(14), atol=1e-9)
    root = etree.fromstring(path.read_bytes())
    assert float(root.findtext(".//OSV/X")) == 923782.276306
    # Every second vector is left out; the first and the last of 13 stay.
    told, left = slice(0, 13, 2), slice(1, 12, 2)
    orbit = fit_orbit(
        StateVectors(vectors.times[told], vectors.positions[told], vectors.velocities[told]),
        46800.0,
        46827.0,
        "RESORB",
    )
    missed = orbit.position(vectors.times[left]) - vectors.positions[left]
    assert np.linalg.norm(missed, axis=-1).max() < 0.01
    drift = orbit.velocity(vectors.times[left]) - vectors.velocities[left]
    assert np.linalg.norm(drift, axis=-1).max() < 1e-3
    with pytest.raises(DataError, match="orbit file of another time"):
        read_orbit(path, "S1A", START + np.timedelta64(1, "D"), STOP + np.timedelta64(1, "D"))
