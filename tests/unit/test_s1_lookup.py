"""Calibration and noise tables: linear in line and sample, old and new products, faults told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_safe
from scarp.errors import DataError
from scarp.sentinel1.lookup import KINDS, calibration, noise

DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
real_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder s1_safe_annotation",
)
LINES = np.array([-4, 0, 7, 26])
SAMPLES = np.array([0, 13, 20, 31, 39])


def test_calibration_is_bilinear() -> None:
    table = calibration(tiny_safe.calibration().encode()).evaluate("sigmaNought", LINES, SAMPLES)
    assert table.dtype == np.float32
    expected = 300 + 2 * (LINES[:, None] + 4) + SAMPLES
    np.testing.assert_allclose(table, expected, rtol=1e-6)


def test_kinds_are_not_confused() -> None:
    tables = calibration(tiny_safe.calibration().encode())
    middle = {kind: tables.evaluate(kind, LINES, SAMPLES)[1, 2] for kind in KINDS}
    assert middle == {"betaNought": 237, "sigmaNought": 328, "gamma": 251, "dn": 237}


def test_beyond_the_vectors_the_nearest_holds() -> None:
    tables = calibration(tiny_safe.calibration().encode())
    outside = tables.evaluate("sigmaNought", np.array([-90, 99]), np.array([-5, 60]))
    assert outside.tolist() == [[300, 339], [360, 399]]


def test_each_vector_is_interpolated_by_its_own_samples() -> None:
    text = tiny_safe.calibration()
    # The second vector, given at other samples, says the same.
    second = "<line>26</line><pixel>0 20 39</pixel><sigmaNought>360 380 399"
    assert second in text
    other = text.replace(second, "<line>26</line><pixel>0 10 39</pixel><sigmaNought>360 370 399")
    asked = ("sigmaNought", LINES, SAMPLES)
    np.testing.assert_allclose(
        calibration(other.encode()).evaluate(*asked), calibration(text.encode()).evaluate(*asked)
    )


def test_one_vector_holds_everywhere() -> None:
    text = tiny_safe.calibration()
    start = text.index("<calibrationVector>", text.index("<line>"))
    one = text[:start] + "</calibrationVectorList></calibration>"
    table = calibration(one.encode()).evaluate("gamma", LINES, np.array([0, 10]))
    np.testing.assert_allclose(table, np.tile([250, 250.5], (4, 1)))


def test_noise_is_range_times_azimuth() -> None:
    lines = np.array([0, 5, 20, 23])
    table = noise(tiny_safe.noise().encode()).evaluate(lines, SAMPLES)
    assert table.dtype == np.float32
    # Beyond line 20 the range vector stays, the factor goes on.
    expected = np.array([500, 515, 560, 560]) * np.array([1, 1.5, 3.0, 3.3])
    np.testing.assert_allclose(table, np.repeat(expected[:, None], 5, axis=1), rtol=1e-6)


def test_blocks_of_azimuth_noise_hold_for_their_samples() -> None:
    text = tiny_safe.noise()
    block = text[text.index("<noiseAzimuthVector>") : text.index("</noiseAzimuthVectorList>")]
    near = block.replace("<lastRangeSample>39", "<lastRangeSample>19")
    far = block.replace("<firstRangeSample>0", "<firstRangeSample>20").replace("1.0 2.0", "5.0 6.0")
    table = noise(text.replace(block, near + far).encode()).evaluate(
        np.array([0, 10]), np.array([19, 20])
    )
    np.testing.assert_allclose(table, [[500, 2500], [1060, 3180]], rtol=1e-6)


def test_old_products_have_no_azimuth_noise() -> None:
    text = tiny_safe.noise()
    old = (
        text[: text.index("<noiseAzimuthVectorList>")]
        .replace("noiseRangeVector", "noiseVector")
        .replace("noiseRangeLut", "noiseLut")
    ) + "</noise>"
    table = noise(old.encode()).evaluate(np.array([0, 10]), np.array([3]))
    np.testing.assert_allclose(table, [[500], [530]])


def test_empty_list_of_azimuth_noise_means_no_factor() -> None:
    text = tiny_safe.noise()
    block = text[text.index("<noiseAzimuthVector>") : text.index("</noiseAzimuthVectorList>")]
    table = noise(text.replace(block, "").encode()).evaluate(np.array([10]), np.array([3]))
    np.testing.assert_allclose(table, [[530]])


def test_pixel_that_no_azimuth_block_covers_is_refused() -> None:
    tables = noise(tiny_safe.noise().encode(), "noise.xml")
    with pytest.raises(DataError, match=r"noise\.xml: has no azimuth noise for line 24, sample 3"):
        tables.evaluate(np.array([23, 24]), np.array([3]))


def both(text: str) -> object:
    return calibration(text.encode(), "c.xml").evaluate("sigmaNought", LINES, SAMPLES)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<line>26<", "<line>-4<", "lines do not ascend"),
        ("<line>26<", "<line>x<", "'x' where a number belongs"),
        ("<sigmaNought>300 320", "<sigmaNought>300", "pixel 3, sigmaNought 2"),
        ("<sigmaNought>300 320", "<sigmaNought>300 inf", "'inf' where a number belongs"),
        ("sigmaNought", "sigma", "lacks the element calibrationVector/sigmaNought"),
        ("calibrationVectorList", "list", "lacks the element .*calibrationVectorList"),
        ("<pixel>0 20 39<", "<pixel> <", "has an empty calibrationVector/pixel"),
        ("<calibration>", "<!DOCTYPE c [<!ENTITY a 'b'>]><calibration>", "document type"),
        ("</calibration>", "", "no well-formed XML"),
    ],
)
def test_damaged_calibration_is_told(old: str, new: str, said: str) -> None:
    text = tiny_safe.calibration()
    assert old in text
    with pytest.raises(DataError, match=rf"c\.xml: .*{said}"):
        both(text.replace(old, new))


def test_damaged_noise_is_told() -> None:
    text = tiny_safe.noise()
    with pytest.raises(DataError, match="line 3, noiseAzimuthLut 2"):
        noise(text.replace("1.0 2.0 3.3", "1.0 2.0").encode())
    with pytest.raises(DataError, match="lacks the element noise/noiseRangeVectorList"):
        noise(text.replace("noiseRangeVectorList", "other").encode())


@real_data
@pytest.mark.parametrize("polarisation", ["vv", "vh"])
@pytest.mark.filterwarnings("ignore")
def test_real_tables_are_those_of_xarray_sentinel(polarisation: str) -> None:
    xarray_sentinel = pytest.importorskip("xarray_sentinel")
    safe = sorted(REAL.glob("*.SAFE"))[1]
    group = f"IW1/{polarisation.upper()}/"
    lines = np.array([0, 69, 70, 1506, 1507, 4242, 10549, 11892])
    samples = np.array([0, 1, 40, 777, 23054])

    def document(kind: str) -> bytes:
        return next(safe.glob(f"annotation/calibration/{kind}-*-{polarisation}-*.xml")).read_bytes()

    tables = calibration(document("calibration"))
    theirs = xarray_sentinel.open_sentinel1_dataset(safe, group=group + "calibration")
    for kind in KINDS:
        np.testing.assert_allclose(
            tables.evaluate(kind, lines, samples),
            theirs[kind].astype(float).interp(line=lines, pixel=samples).values,
            rtol=2e-7,
        )
    along_range = xarray_sentinel.open_sentinel1_dataset(safe, group=group + "noise_range")
    along_azimuth = xarray_sentinel.open_sentinel1_dataset(safe, group=group + "noise_azimuth")
    expected = (
        along_range.noiseRangeLut.astype(float).interp(line=lines, pixel=samples).values
        * along_azimuth.noiseAzimuthLut.astype(float).interp(line=lines).values[:, None]
    )
    np.testing.assert_allclose(
        noise(document("noise")).evaluate(lines, samples), expected, rtol=2e-7
    )


@real_data
@pytest.mark.parametrize("read", [calibration, noise], ids=["calibration", "noise"])
def test_real_tables_are_given_back_at_their_own_places(read: Callable[[bytes], object]) -> None:
    from lxml import etree

    name = read.__name__
    path = sorted(REAL.glob(f"*.SAFE/annotation/calibration/{name}-*-vv-*.xml"))[0]
    root = etree.fromstring(path.read_bytes())
    vector = root.findall(
        ".//calibrationVector" if name == "calibration" else ".//noiseRangeVector"
    )[4]
    line, samples = int(vector.findtext("line")), np.array(vector.findtext("pixel").split(), int)
    if name == "calibration":
        ours = calibration(path.read_bytes()).evaluate("sigmaNought", np.array([line]), samples)[0]
        listed = np.array(vector.findtext("sigmaNought").split(), float)
    else:
        ours = noise(path.read_bytes()).evaluate(np.array([line]), samples)[0]
        block = root.find(".//noiseAzimuthVector")
        where = block.findtext("line").split().index(str(line))
        factor = float(block.findtext("noiseAzimuthLut").split()[where])
        listed = np.array(vector.findtext("noiseRangeLut").split(), float) * factor
    np.testing.assert_allclose(ours, listed, rtol=2e-7)
