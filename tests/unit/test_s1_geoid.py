"""The geoid against values that its maker published."""

from __future__ import annotations

import numpy as np
import pytest

from scarp.sentinel1.geoid import undulation

# NGA, EGM96 15-minute grid, readme.txt: latitude, longitude, undulation in metres.
NGA = np.array(
    [
        (38.6281550, 269.7791550, -31.628),
        (-14.6212170, 305.0211140, -2.969),
        (46.8743190, 102.4487290, -43.575),
        (-23.6174460, 133.8747120, 15.871),
        (38.6254730, 359.9995000, 50.066),
        (-0.4667440, 0.0023000, 17.329),
    ]
)


def test_the_published_check_values_are_met_to_a_centimetre() -> None:
    assert undulation(NGA[:, 1], NGA[:, 0]) == pytest.approx(NGA[:, 2], abs=0.01)


def test_egm2008_differs_by_little_more_than_a_metre() -> None:
    # NGA, EGM2008 interpolation programme, OUTPUT.DAT, and the poles.
    latitude = np.array([37.0, 36.0, 90.0, -90.0])
    longitude = np.array([-119.0, 242.983333, 0.0, 0.0])
    egm2008 = np.array([-26.151, -29.171, 14.899, -30.150])
    difference = np.abs(undulation(longitude, latitude) - egm2008)
    assert difference.max() < 1.5


def test_turns_of_longitude_and_the_seam_do_not_matter() -> None:
    latitude = np.array([12.3, -45.6, 71.2])
    west = np.array([-10.1, -179.95, -0.01])
    assert undulation(west, latitude) == pytest.approx(undulation(west + 360, latitude), abs=1e-9)
    seam = undulation(np.array([-1e-9, 0.0, 1e-9]), np.float64(20.1) * np.ones(3))
    assert np.ptp(seam) < 1e-6


def test_a_missing_coordinate_is_nan_and_a_wrong_one_an_error() -> None:
    values = undulation(np.array([np.nan, 10.0, 10.0]), np.array([10.0, np.nan, 10.0]))
    assert np.isnan(values).tolist() == [True, True, False]
    with pytest.raises(ValueError, match="90"):
        undulation(np.array([0.0]), np.array([90.5]))
