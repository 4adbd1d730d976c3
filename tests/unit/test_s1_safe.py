"""SAFE products: manifest and pixels come through as they are, and faults tell where they lie."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_safe
from scarp.errors import DataError
from scarp.sentinel1.safe import Safe, open_safe, read_swath, read_window
from tiny_safe import LINES, SAMPLES

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
DATA = os.environ.get("SCARP_TEST_DATA", "")
REAL = Path(DATA, "s1_safe_annotation")
real_data = pytest.mark.skipif(
    not DATA or not REAL.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder s1_safe_annotation",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_safe.write_safe(tmp_path)


def zipped(folder: Path, top: str = f"{tiny_safe.NAME}.SAFE/") -> Path:
    """The product as a deflated zip, with a name that says nothing."""
    path = folder.parent / "download.dat"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, top + file.relative_to(folder).as_posix())
    return path


def measurement(folder: Path) -> Path:
    return folder / f"measurement/{tiny_safe.base_of('vv')}.tiff"


def window(safe: Safe, number: int = 1) -> np.ndarray:
    swath = read_swath(safe, "IW1", "VV")
    return read_window(safe, swath, swath.bursts[number], slice(2, 5), slice(7, 20))


@pytest.mark.parametrize("pack", [lambda folder: folder, zipped], ids=["folder", "zip"])
def test_manifest_and_window_of_a_folder_and_of_a_zip(
    folder: Path, pack: Callable[[Path], Path]
) -> None:
    safe = open_safe(pack(folder))
    assert (safe.name, safe.mission, safe.orbit_pass) == (tiny_safe.NAME, "S1A", "DES")
    assert (safe.absolute_orbit, safe.relative_orbit, safe.ipf) == (50349, 52, (3, 61))
    assert safe.start == np.datetime64("2023-09-16T06:37:30.627837")
    assert safe.stop == np.datetime64("2023-09-16T06:37:36.611125")
    assert safe.reference_time == np.datetime64("2023-09-16T00:00")
    assert safe.swaths == (("IW1", "VH"), ("IW1", "VV"))
    # The second burst starts where the first ends in the file.
    seen = window(safe)
    assert seen.dtype == np.complex64
    np.testing.assert_array_equal(seen, tiny_safe.pixels()[LINES + 2 : LINES + 5, 7:20])


def test_swath_takes_from_the_manifest_what_an_annotation_lacks(folder: Path) -> None:
    swath = read_swath(open_safe(folder), "IW1", "VH")
    assert (swath.relative_orbit, swath.ipf, swath.polarisation) == (52, (3, 61), "VH")
    assert swath.reference_time == np.datetime64("2023-09-16")


@pytest.mark.parametrize(
    ("lines", "samples"),
    [
        (slice(0, LINES + 1), slice(0, 4)),
        (slice(-1, 3), slice(0, 4)),
        (slice(3, 3), slice(0, 4)),
        (slice(0, 4), slice(0, SAMPLES, 2)),
        (slice(0, 4), slice(None)),
    ],
)
def test_window_outside_the_burst_is_refused(folder: Path, lines: slice, samples: slice) -> None:
    safe = open_safe(folder)
    swath = read_swath(safe, "IW1", "VV")
    with pytest.raises(ValueError, match="no part of"):
        read_window(safe, swath, swath.bursts[0], lines, samples)


def test_what_a_folder_lacks_is_told_when_it_is_needed(folder: Path) -> None:
    measurement(folder).unlink()
    safe = open_safe(folder)
    assert read_swath(safe, "IW1", "VV").samples == SAMPLES
    with pytest.raises(DataError, match=r"lacks measurement/s1a-iw1-slc-vv.*tiff"):
        window(safe)
    annotation = safe.member("annotation", "IW1", "VV")
    (folder / annotation).unlink()
    with pytest.raises(DataError, match=f"lacks {annotation}"):
        read_swath(safe, "IW1", "VV")


def test_what_the_manifest_does_not_list_is_told(folder: Path) -> None:
    safe = open_safe(folder)
    with pytest.raises(DataError, match=r"no HH image of IW1(.|\n)*IW1 VH, IW1 VV"):
        safe.member("annotation", "IW1", "HH")
    with pytest.raises(DataError, match="no VV image of IW2"):
        read_swath(safe, "IW2", "VV")
    text = tiny_safe.manifest().replace("calibration/noise-", "calibration/other-")
    (folder / "manifest.safe").write_text(text)
    with pytest.raises(DataError, match="lists no noise file for IW1 VV"):
        open_safe(folder).member("noise", "IW1", "VV")


def test_interference_files_are_no_annotation(folder: Path) -> None:
    members = set(open_safe(folder).members.values())
    assert len(members) == 8
    assert not any("rfi" in member for member in members)


def test_member_outside_the_folder_is_not_followed(folder: Path) -> None:
    text = tiny_safe.manifest().replace('"./annotation/', '"./../annotation/')
    (folder / "manifest.safe").write_text(text)
    assert {part for part, _, _ in open_safe(folder).members} == {"measurement"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (">SLC<", ">GRD<", "is a product of mode IW and type GRD"),
        (">IW<", ">EW<", "is a product of mode EW and type SLC"),
        ("DESCENDING", "SIDEWAYS", "names a pass 'SIDEWAYS'"),
        ('version="003.61"', 'version="none"', "names no version of the processor"),
        (">50349<", ">many<", "'many' where a number belongs"),
        ("2023-09-16T06:37:30.627837", "yesterday", "'yesterday' where a UTC time belongs"),
        ("<safe:stopTime>", "<safe:end>", "no well-formed XML"),
        ("iw1-slc", "ew1-slc", "lists no image"),
    ],
)
def test_manifest_that_is_wrong(folder: Path, old: str, new: str, said: str) -> None:
    text = tiny_safe.manifest()
    assert old in text
    (folder / "manifest.safe").write_text(text.replace(old, new))
    with pytest.raises(DataError, match=said):
        open_safe(folder)


def test_manifest_with_entities_is_refused(folder: Path) -> None:
    text = tiny_safe.manifest().replace(
        "?>\n", '?>\n<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>\n', 1
    )
    (folder / "manifest.safe").write_text(text.replace(">SLC<", ">&secret;<"))
    with pytest.raises(DataError, match="document type declaration"):
        open_safe(folder)


def test_what_is_no_product(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        open_safe(tmp_path / "nothing.SAFE")
    (tmp_path / "empty.SAFE").mkdir()
    with pytest.raises(DataError, match=r"holds no manifest\.safe"):
        open_safe(tmp_path / "empty.SAFE")
    (tmp_path / "page.zip").write_text("<html>not found</html>")
    with pytest.raises(DataError, match="neither a folder nor a whole zip"):
        open_safe(tmp_path / "page.zip")
    with pytest.raises(DataError, match="holds 0 SAFE folders at its top"):
        open_safe(zipped(folder, "downloads/X.SAFE/"))


def test_truncated_zip_is_no_product(folder: Path) -> None:
    path = zipped(folder)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="neither a folder nor a whole zip"):
        open_safe(path)


@pytest.mark.parametrize("part", ["annotation", "measurement"])
def test_zip_with_a_broken_member(folder: Path, part: str) -> None:
    path = zipped(folder)
    member = open_safe(path).members[("annotation" if part == "annotation" else part), "IW1", "VV"]
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{tiny_safe.NAME}.SAFE/{member}")
    content = bytearray(path.read_bytes())
    # The member's data stand behind a header of 30 bytes and its name; a block of type 3 is none.
    first = info.header_offset + 30 + len(info.filename)
    content[first : first + 8] = b"\xff" * 8
    path.write_bytes(content)
    safe = open_safe(path)
    with pytest.raises(DataError, match=f"{member}: cannot be read"):
        window(safe)


@pytest.mark.parametrize("share", [0.5, 0.99])
@pytest.mark.parametrize("number", [0, 1])
def test_truncated_measurement_is_refused_wherever_the_window_lies(
    folder: Path, share: float, number: int
) -> None:
    path = measurement(folder)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=rf"{path.name}: .*truncated"):
        window(open_safe(folder), number)


def test_measurement_that_is_none(folder: Path) -> None:
    measurement(folder).write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read"):
        window(open_safe(folder))


def test_measurement_of_another_size_or_type(folder: Path) -> None:
    safe = open_safe(folder)
    tiny_safe.write_measurement(measurement(folder), tiny_safe.pixels()[:-1])
    with pytest.raises(DataError, match=r"has 23 lines of 40 samples(.|\n)*24 lines of 40"):
        window(safe)
    power = np.abs(tiny_safe.pixels())
    tiny_safe.write_measurement(measurement(folder), power, dtype="uint16")
    with pytest.raises(DataError, match="of type uint16"):
        window(safe)


def test_annotation_of_another_image(folder: Path) -> None:
    safe = open_safe(folder)
    (folder / safe.member("annotation", "IW1", "VV")).write_text(tiny_safe.annotation("VH"))
    with pytest.raises(DataError, match="describes S1A IW1 VH of orbit 50349"):
        read_swath(safe, "IW1", "VV")


@real_data
def test_real_manifests() -> None:
    paths = sorted(REAL.glob("*.SAFE"))
    assert len(paths) == 2
    for path in paths:
        safe = open_safe(path)
        assert (safe.mission, safe.relative_orbit, safe.orbit_pass) == ("S1A", 52, "DES")
        assert safe.ipf >= (3, 60)
        assert len(safe.swaths) == 6
        assert len(safe.members) == 24
        assert read_swath(safe, "IW1", "VH").relative_orbit == 52
        with pytest.raises(DataError, match=r"lacks annotation/s1a-iw2-slc-vv"):
            read_swath(safe, "IW2", "VV")


@real_data
@pytest.mark.filterwarnings("ignore")
def test_burst_timing_is_that_of_xarray_sentinel(tmp_path: Path) -> None:
    xarray_sentinel = pytest.importorskip("xarray_sentinel")
    import rasterio

    source = sorted(REAL.glob("*.SAFE"))[0]
    path = tmp_path / source.name
    shutil.copytree(source, path, copy_function=shutil.copyfile)
    path.chmod(0o755)
    safe = open_safe(path)
    swath = read_swath(safe, "IW1", "VV")
    # It reads no subswath without a measurement: one without pixels will do.
    empty = path / safe.member("measurement", "IW1", "VV")
    empty.parent.mkdir()
    rasterio.open(
        empty,
        "w",
        driver="GTiff",
        height=swath.lines,
        width=swath.samples,
        count=1,
        dtype="complex_int16",
        SPARSE_OK=True,
    ).close()
    theirs = xarray_sentinel.open_sentinel1_dataset(path, group="IW1/VV")
    assert theirs.attrs["number_of_bursts"] == len(swath.bursts)
    for number, burst in enumerate(swath.bursts):
        cut = xarray_sentinel.crop_burst_dataset(theirs, burst_index=number)
        times = (cut.azimuth_time.values - swath.reference_time) / np.timedelta64(1, "ns") * 1e-9
        ours = burst.azimuth_time + swath.azimuth_time_interval * np.arange(burst.lines)
        np.testing.assert_allclose(times, ours, rtol=0, atol=2e-6)
        taus = swath.slant_range_time + np.arange(burst.samples) / swath.range_sampling_rate
        np.testing.assert_allclose(cut.slant_range_time.values, taus, rtol=0, atol=1e-12)
