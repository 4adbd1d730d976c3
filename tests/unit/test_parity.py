"""Parity: known differences come out, what cannot be compared is refused, the page says so."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from scarp.cube import write_cube
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.parity.compare import LayerParity, compare
from scarp.parity.event import compare_event
from scarp.parity.pairing import overlap
from scarp.parity.picture import block_means, picture
from scarp.parity.reasons import reasons
from scarp.parity.shift import find_shift
from scarp.parity.sides import Origin, Source, read_side
from scarp.parity.table import COLUMNS, Row, parity_summary, write_parity
from scarp.parity.tolerances import verdict
from scarp.product_write import write_product
from scarp.tsv import read_table

Image = NDArray[np.float32]
GRID = Grid("EPSG:32633", 500_000.0, 4_650_000.0, 10.0, 96, 112)
DATES = {"PRE1": "2020-03-25", "POST1": "2020-04-06"}
CENTRED = (0.4, 0.05)  # mean and standard deviation that suit coherence, entropy, anisotropy


def field(seed: int, deviation: float, shape: tuple[int, int] = (160, 176)) -> NDArray[np.float64]:
    """Noise of unit variance, smoothed by a Gaussian; it goes on from one edge at the other."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, deviation, mode="wrap")
    return smooth / smooth.std()


def speckled(seed: int, shape: tuple[int, int] = (160, 176)) -> NDArray[np.float64]:
    """Power of a textured ground with speckle of 3 looks, sampled finely enough to be shifted."""
    looks = np.random.default_rng(seed).exponential(size=(3, *shape)).mean(axis=0)
    return (
        0.1
        * np.exp(0.3 * field(seed + 1, 8, shape))
        * ndimage.gaussian_filter(looks, 0.8, mode="wrap")
    )


def shifted(image: NDArray[np.float64], shift: tuple[float, float]) -> NDArray[np.float64]:
    """An image whose content lies so many rows further down and columns further right."""
    return np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(image), shift)).real


def inner(image: NDArray[np.float64]) -> Image:
    """The middle of an image on `GRID`, far from what a shift carries over the edges."""
    return image[32:-32, 32:-32].astype(np.float32)


def decibel(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return 10 * np.log10(np.maximum(power, 1e-5))


# --- numbers


def test_a_factor_is_a_bias_in_decibel() -> None:
    power = inner(speckled(1))
    found = compare(power, power * np.float32(1.2), "dB")
    expected = 10 * np.log10(1.2)
    assert found.bias == pytest.approx(expected, abs=1e-4)
    assert found.median == pytest.approx(expected, abs=1e-4)
    assert found.rms == pytest.approx(expected, abs=1e-4)
    assert found.spread == pytest.approx(0, abs=1e-4)
    assert found.correlation == pytest.approx(1)
    assert found.shift == (0.0, 0.0)
    assert (found.pixels, found.only_a, found.only_b) == (power.size, 0, 0)


def test_bias_is_of_mean_power_and_median_of_pixels() -> None:
    a = np.full((40, 50), 0.1, np.float32)
    b = a.copy()
    b[0] = 4.1  # 50 of 2000 pixels, 4 higher: the mean of power doubles, the median stays
    found = compare(a, b, "dB")
    assert found.bias == pytest.approx(10 * np.log10(2), abs=1e-4)
    assert found.median == 0.0
    other = compare(a, b, "1")
    assert other.bias == pytest.approx(0.1, abs=1e-5)


def test_noise_and_offset_are_told_apart() -> None:
    mean, deviation = CENTRED
    a = inner(mean + deviation * field(2, 2))
    noise = np.random.default_rng(3).normal(0, 0.02, a.shape)
    noise[::20, ::20] = 0.5  # few, far off: they raise RMS, the robust spread hardly
    found = compare(a, (a + 0.03 + noise).astype(np.float32), "1")
    assert found.spread == pytest.approx(0.02, rel=0.05)
    assert found.median == pytest.approx(0.03, abs=1e-3)
    assert found.rms is not None and found.rms > 0.04


@pytest.mark.parametrize("share", [0.5, 1.0, 2.0])
def test_decorrelation_comes_out(share: float) -> None:
    a, noise = inner(field(4, 1)), inner(field(5, 1))
    found = compare(a, a + np.float32(share) * noise, "1")
    assert found.correlation == pytest.approx(1 / np.hypot(1, share), abs=0.03)


def test_data_on_one_side_alone_is_counted_and_not_compared() -> None:
    a, b = inner(speckled(6)), inner(speckled(6))
    a[:24], b[:, :28] = np.nan, np.nan  # a quarter each
    b[90, 100] = 0.0  # power that has no decibel
    found = compare(a, b, "dB")
    assert found.pixels == 72 * 84 - 1
    assert found.only_a == pytest.approx((72 * 28 + 1) / a.size)
    assert found.only_b == pytest.approx(24 * 84 / a.size)
    assert found.bias == pytest.approx(0, abs=1e-6)
    assert found.rms == 0.0


def test_what_is_undefined_is_none_and_never_0() -> None:
    few = np.full((96, 112), np.nan, np.float32)
    few[:9, :11] = 0.5
    assert compare(few, few, "1") == LayerParity(99, 0.0, 0.0)
    constant = np.full((96, 112), 0.3, np.float32)
    found = compare(constant, constant + np.float32(0.1), "1")
    assert found.bias == pytest.approx(0.1)
    assert (found.correlation, found.shift) == (None, None)
    nothing = compare(np.full_like(few, np.nan), few, "1")
    assert nothing == LayerParity(0, 0.0, 99 / few.size)


# --- shift


def test_a_shift_is_positive_further_down_and_further_right() -> None:
    a = speckled(7)
    assert find_shift(inner(a), inner(np.roll(a, (3, -2), axis=(0, 1)))) == (3.0, -2.0)


@pytest.mark.parametrize("shift", [(0.3, -0.45), (-0.72, 0.08), (1.5, 2.25), (0.05, 0.0)])
@pytest.mark.parametrize("seed", [11, 12])
def test_the_shift_of_speckled_images_is_found(shift: tuple[float, float], seed: int) -> None:
    power = speckled(seed)
    a, b = inner(decibel(power)), inner(decibel(shifted(power, shift)))
    noise = np.random.default_rng(seed).normal(0, 0.5, a.shape)
    a[20:34, 30:60], b[70:, 80:] = np.nan, np.nan
    b[np.random.default_rng(9).random(b.shape) < 0.01] = np.nan
    found = find_shift(a, (b + noise).astype(np.float32))
    assert found == pytest.approx(shift, abs=0.05)


def test_holes_do_not_hold_smooth_images_in_place() -> None:
    smooth = field(13, 2.5, (260, 260))
    a, b = (image[20:-20, 20:-20] for image in (smooth.copy(), shifted(smooth, (0.4, -0.6))))
    holes = np.random.default_rng(14).random(a.shape) < 0.01
    a[holes], b[holes] = np.nan, np.nan
    assert find_shift(a, b) == pytest.approx((0.4, -0.6), abs=0.05)


def test_a_large_image_is_looked_at_around_the_middle_of_its_data() -> None:
    power = decibel(speckled(15, (1400, 200)))
    a, b = power.astype(np.float32), np.roll(power, (2, 1), axis=(0, 1)).astype(np.float32)
    a[:1100] = np.nan
    assert find_shift(a, b) == (2.0, 1.0)


def test_without_texture_or_anything_in_common_there_is_no_shift() -> None:
    rows, columns = np.indices((96, 112)).astype(np.float32)
    plane = 2 * rows + columns
    assert find_shift(plane, plane + 3) is None
    assert find_shift(inner(decibel(speckled(16))), inner(decibel(speckled(18)))) is None
    assert find_shift(plane[:20, :20], plane[:20, :20]) is None
    assert find_shift(np.full_like(plane, np.nan), plane) is None


# --- sides and pairs


def layers(seed: int = 20) -> dict[str, Image]:
    """What both sides see: every layer of `DATES`, and local incidence."""
    mean, deviation = CENTRED
    found = {
        "local_incidence": inner(38 + 6 * field(seed, 3)),
        "POST1_COHVV": inner(mean + deviation * field(seed + 5, 1.5)),
    }
    for number, epoch in enumerate(DATES, seed + 1):
        found[f"{epoch}_gVV"] = inner(speckled(10 * number))
        found[f"{epoch}_gVH"] = inner(0.2 * speckled(10 * number + 3))
        found[f"{epoch}_ENTROPY"] = inner(mean + deviation * field(10 * number + 6, 2))
        found[f"{epoch}_ANISOTROPY"] = inner(mean + deviation * field(10 * number + 7, 2))
        found[f"{epoch}_ALPHA"] = inner(25 + 4 * field(10 * number + 8, 2))
    return found


def gamma0_of(seen: Mapping[str, Image]) -> dict[str, Image]:
    """Gamma nought alone, where four layers do."""
    return {name: image for name, image in seen.items() if "_g" in name}


def put_products(
    folder: Path,
    engine: str,
    seen: Mapping[str, Image],
    grid: Grid = GRID,
    dates: Mapping[str, str] = DATES,
    **tags: str,
) -> Source:
    """Write the layers as product files; coherence with the date before, of POST1 only."""
    shared = {"engine": engine, "engine_version": "13.0.4", "dem": "copernicus", **tags}
    kinds = {
        "gamma0": {"VV": "gVV", "VH": "gVH"},
        "coherence": {"VV": "COHVV"},
        "haalpha": {name: name.upper() for name in ("entropy", "anisotropy", "alpha")},
    }
    for epoch, date in dates.items():
        dated = shared | {"epoch": epoch} | ({"date": date} if date else {})
        for kind, bands in kinds.items():
            own = {name: seen.get(f"{epoch}_{channel}") for name, channel in bands.items()}
            held = {name: image for name, image in own.items() if image is not None}
            if not held:
                continue
            if kind == "coherence" and dates["PRE1"]:
                dated = dated | {"reference_date": dates["PRE1"]}
            units = dict.fromkeys(held, "1")
            write_product(folder / f"{kind}_{epoch}.tif", grid, held, units, dated)
    if "local_incidence" in seen:
        angle = seen["local_incidence"]
        pair = {"layover_shadow": np.zeros_like(angle), "local_incidence": angle}
        write_product(folder / "geometry.tif", grid, pair, dict.fromkeys(pair, "1"), shared)
    return Source("products", str(folder), engine)


def put_archive(path: Path, seen: Mapping[str, Image], source: str = "archive") -> Source:
    """Write the layers as the cube of a published event."""
    channels = {name: image for name, image in seen.items() if name != "local_incidence"}
    flags = np.zeros((GRID.height, GRID.width), np.uint8)
    attributes = {}
    for name in channels:
        epoch, _, band = name.partition("_")
        attributes[name] = {"engine": "archive", "date": DATES[epoch]}
        if band == "COHVV":
            attributes[name]["reference_date"] = DATES["PRE1"]
    about = {"event": "EV01", "source": source, "orbit": "ASC"}
    write_cube(path, GRID, channels, flags, flags, about, attributes, storage="float")
    return Source("cube", str(path), "archive")


def run(folder: Path, a: Source, b: Source) -> tuple[dict[str, dict[str, str]], str]:
    """Compare two sides; rows by layer, and the page."""
    table, page = folder / "parity.tsv", folder / "parity.html"
    compare_event("EV01", a, b, list(DATES), table, page)
    rows = {row["layer"]: row for row in read_table(table, COLUMNS)}
    return rows, page.read_text(encoding="utf-8")


def test_two_folders_are_compared_layer_by_layer(tmp_path: Path) -> None:
    seen = layers()
    other = {name: image.copy() for name, image in seen.items()}
    other["PRE1_gVV"] *= np.float32(10**0.1)  # 1 dB
    other["POST1_ALPHA"] += np.float32(1.0)
    other["POST1_COHVV"][:48] = np.nan
    other["local_incidence"] = np.roll(other["local_incidence"], 1, axis=1)
    a = put_products(tmp_path / "a", "snap", seen)
    b = put_products(tmp_path / "b", "embedded", other)
    rows, _ = run(tmp_path, a, b)
    assert [*rows] == [
        *("PRE1_gVV", "POST1_gVV", "PRE1_gVH", "POST1_gVH", "POST1_COHVV"),
        *("PRE1_ENTROPY", "POST1_ENTROPY", "PRE1_ANISOTROPY", "POST1_ANISOTROPY"),
        *("PRE1_ALPHA", "POST1_ALPHA", "local_incidence"),
    ]
    loud = rows["PRE1_gVV"]
    assert (loud["verdict"], loud["exceeds"], loud["unit"]) == ("beyond", "bias", "dB")
    assert float(loud["bias"]) == pytest.approx(1, abs=1e-3)
    assert (loud["a_made_by"], loud["b_made_by"]) == ("snap 13.0.4", "embedded 13.0.4")
    assert float(rows["POST1_ALPHA"]["bias"]) == pytest.approx(1, abs=1e-3)
    assert rows["POST1_ALPHA"]["verdict"] == "within"
    assert float(rows["POST1_COHVV"]["only_a"]) == 0.5
    assert rows["POST1_COHVV"]["reference_date"] == DATES["PRE1"]
    beside = rows["local_incidence"]
    assert (beside["shift_row"], beside["shift_column"]) == ("0", "1")
    assert "shift" in beside["exceeds"]


def test_an_archive_cube_is_compared_with_a_folder(tmp_path: Path) -> None:
    seen = layers()
    published = {name: image.copy() for name, image in seen.items()}
    for name in ("PRE1_gVV", "POST1_ENTROPY"):
        published[name][:24] = 0.0  # SNAP's no data, as the archive may have it
    a = put_archive(tmp_path / "EV01.nc", published)
    b = put_products(tmp_path / "b", "embedded", seen, orbit="ASCENDING")
    rows, page = run(tmp_path, a, b)
    assert "local_incidence" not in rows and "POST1_ALPHA" in rows
    for name in ("PRE1_gVV", "POST1_ENTROPY"):
        assert float(rows[name]["only_b"]) == 0.25
        assert float(rows[name]["bias"]) == pytest.approx(0, abs=1e-5)
    assert rows["PRE1_gVV"]["simulated"] == "no"
    assert rows["POST1_COHVV"]["verdict"] == "within"
    assert "Only embedded has local_incidence" in page
    assert "The archive was made with SNAP 9" in page
    assert "not yet on an installed SNAP" not in page


def test_other_dates_and_orbits_are_refused_all_at_once(tmp_path: Path) -> None:
    seen = layers()
    a = put_products(tmp_path / "a", "snap", seen, relative_orbit="95")
    moved = DATES | {"PRE1": "2020-03-31"}
    b = put_products(tmp_path / "b", "embedded", seen, dates=moved, relative_orbit="117")
    with pytest.raises(DataError) as caught:
        run(tmp_path, a, b)
    told = str(caught.value)
    assert "date of PRE1 is 2020-03-25 in snap and 2020-03-31 in embedded" in told
    assert "reference date of POST1 is 2020-03-25 in snap and 2020-03-31 in embedded" in told
    assert "relative orbit of POST1 is 95 in snap and 117 in embedded" in told
    assert ": date of POST1" not in told
    assert not list(tmp_path.glob("parity.*"))


def test_unknown_dates_are_noted(tmp_path: Path) -> None:
    seen = gamma0_of(layers())
    a = put_products(tmp_path / "a", "snap", seen, dates=dict.fromkeys(DATES, ""))
    b = put_products(tmp_path / "b", "embedded", seen)
    rows, page = run(tmp_path, a, b)
    assert rows["PRE1_gVV"]["date"] == DATES["PRE1"]
    assert "snap does not tell the dates of PRE1, POST1" in page


def test_shared_pixels_of_two_extents_are_compared(tmp_path: Path) -> None:
    seen = gamma0_of(layers())
    part = {name: image[8:, 16:].copy() for name, image in seen.items()}
    grid = GRID.part(slice(8, 96), slice(16, 112))
    a = put_products(tmp_path / "a", "snap", seen)
    b = put_products(tmp_path / "b", "embedded", part, grid)
    rows, page = run(tmp_path, a, b)
    assert {row["rms"] for row in rows.values()} == {"0"}
    assert rows["PRE1_gVV"]["pixels"] == str(88 * 96)
    assert "Compared on the 96 x 88 pixels that both sides cover" in page


def test_the_overlap_of_grids() -> None:
    moved = replace(GRID, left=GRID.left + 30, top=GRID.top + 20)
    assert overlap(GRID, moved) == (
        (slice(0, 94), slice(3, 112)),
        (slice(2, 96), slice(0, 109)),
    )
    assert overlap(GRID, replace(GRID, crs="epsg:32633", left=GRID.left + 0.05)) is not None
    for other in (
        replace(GRID, left=GRID.left + 10 * GRID.width),
        replace(GRID, left=GRID.left + 5),
        replace(GRID, resolution=10.01),
        replace(GRID, crs="EPSG:32634"),
        replace(GRID, crs=""),
    ):
        assert overlap(GRID, other) is None


@pytest.mark.parametrize("left", [600_000.0, 500_005.0])
def test_other_pixels_are_refused(tmp_path: Path, left: float) -> None:
    seen = gamma0_of(layers())
    a = put_products(tmp_path / "a", "snap", seen)
    b = put_products(tmp_path / "b", "embedded", seen, replace(GRID, left=left))
    with pytest.raises(DataError, match=f"no pixels in common.* from {left:.0f}") as caught:
        run(tmp_path, a, b)
    assert len(caught.value.faults) == 1


def test_sides_that_are_not_what_they_are_called_are_refused(tmp_path: Path) -> None:
    seen = gamma0_of(layers())
    a = put_products(tmp_path / "a", "snap", seen)
    with pytest.raises(DataError, match="was made by snap, not by embedded"):
        read_side(a._replace(label="embedded"), list(DATES))
    with pytest.raises(DataError, match="has no layer of Sentinel-1"):
        read_side(a._replace(path=str(tmp_path / "none")), list(DATES))
    with pytest.raises(DataError, match="is the label of both sides"):
        run(tmp_path, a, a)


def test_damaged_files_are_told_together(tmp_path: Path) -> None:
    seen = gamma0_of(layers())
    a = put_products(tmp_path / "a", "snap", seen)
    b = put_products(tmp_path / "b", "embedded", seen)
    decibels = {name: decibel(seen["PRE1_gVV"]).astype(np.float32) for name in ("VV", "VH")}
    write_product(
        tmp_path / "b" / "gamma0_PRE1.tif", GRID, decibels, dict.fromkeys(decibels, ""), {}
    )
    with pytest.raises(DataError, match="seems to be in decibel"):
        run(tmp_path, a, b)
    for name in ("gamma0_PRE1.tif", "gamma0_POST1.tif"):
        (tmp_path / "b" / name).write_bytes(b"not a tif")
    with pytest.raises(DataError) as caught:
        run(tmp_path, a, b)
    assert len(caught.value.faults) == 2
    assert not list(tmp_path.glob("parity.*"))


def test_a_tag_may_hold_engine_and_version(tmp_path: Path) -> None:
    write_product(
        tmp_path / "coherence_POST1.tif",
        GRID,
        {"VV": layers()["POST1_COHVV"]},
        {"VV": "1"},
        {"engine": "snap 9.0.4", "simulated": "true"},
    )
    side = read_side(Source("products", str(tmp_path), "mine"), list(DATES))
    origin = side.layers["POST1_COHVV"].origin
    assert (origin.engine, origin.version, origin.simulated) == ("snap", "9.0.4", True)


# --- verdicts and reasons


def test_verdicts() -> None:
    good = LayerParity(9000, 0, 0, 0.1, 0.1, 0.2, 0.1, 0.95, (0.1, -0.1))
    assert verdict("PRE1_gVV", good) == "within"
    assert verdict("PRE1_ENTROPY", good) == "beyond"  # a bias of 0.1 is much for entropy
    assert verdict("PRE1_gVV", replace(good, shift=(0.0, -0.3))) == "beyond"
    assert verdict("PRE1_gVV", replace(good, correlation=0.85)) == "beyond"
    assert verdict("PRE1_COHVV", replace(good, correlation=0.85, bias=-0.04)) == "within"
    assert verdict("PRE1_gVV", replace(good, shift=None)) == "undefined"
    assert verdict("PRE1_gVV", replace(good, shift=None, bias=-0.6)) == "beyond"


def origin(engine: str, version: str = "", simulated: bool = False, **tags: str) -> Origin:
    return Origin(engine, version, simulated, tags)


def told(layer: str, a: Origin, b: Origin) -> str:
    """All reasons in one text; which side is a makes no difference to the rules."""
    assert len(reasons(layer, a, b)) == len(reasons(layer, b, a))
    return "\n".join(reasons(layer, a, b))


def test_reasons_follow_engines_versions_and_tags() -> None:
    embedded, snap13, snap14 = (
        origin("embedded", "1"),
        origin("snap", "13.0.4"),
        origin("snap", "14.0.0"),
    )
    gamma0 = told("PRE1_gVH", snap13, embedded)
    assert "floor in every pixel" in gamma0 and "2 x 2 pixels" in gamma0
    assert "edge of a subset" in gamma0 and "max(0," not in gamma0
    assert "floor in every pixel" not in told("PRE1_ALPHA", snap13, embedded)
    assert "max(0, g - (1 - g^2) / (2 N))" in told("PRE1_COHVV", snap14, embedded)
    assert "max(0," not in told("PRE1_COHVV", snap13, embedded)
    switched_off = origin("snap", "14.0.0", quantity="coherence, not corrected for bias")
    assert "max(0," not in told("PRE1_COHVV", switched_off, embedded)
    assert "max(0," in told("PRE1_COHVV", switched_off, snap14)
    assert "until 9.0.3" in told("PRE1_gVV", origin("snap", "9.0.0"), snap13)
    assert "until 9.0.3" not in told("PRE1_gVV", origin("snap", "9.0.4"), snap13)
    assert "SNAP 14 leaves" in told("PRE1_gVV", snap13, snap14)
    assert "speckle filter" in told("PRE1_gVV", origin("archive"), embedded)
    assert "only if asked" in told("PRE1_COHVV", origin("archive"), snap13)
    assert told("PRE1_gVV", snap13, snap13) == told("PRE1_gVV", embedded, embedded) == ""
    assert "nothing is known here" in told("PRE1_gVV", origin(""), embedded)
    assert "same ground" in told("PRE1_gVV", origin("snap", simulated=True), snap13)


def test_reasons_that_files_tell() -> None:
    name = "S1A_OPER_AUX_POEORB_OPOD_20200414T120754_V20200324T225942_20200326T005942"
    quoted = origin("embedded", orbit_source=f"POEORB {name}.EOF", dem="a", looks="1 x 4")
    same = origin("embedded", orbit_source=f"Sentinel Precise {name}.EOF.zip", dem="a")
    assert told("PRE1_gVV", quoted, same) == ""
    other = origin("embedded", orbit_source="annotation", dem="b", looks="1 x 5")
    found = told("PRE1_gVV", quoted, other)
    assert all(word in found for word in ("orbits", "the DEM: a in a, b in b", "looks"))
    assert "looks" not in told("PRE1_COHVV", quoted, other)
    assert told("PRE1_gVV", quoted, origin("embedded", orbit_source="unknown")) == ""


# --- table, pictures, page


def test_cells_of_undefined_numbers_are_empty(tmp_path: Path) -> None:
    few = LayerParity(99, 0.5, 0.0)
    row = Row("EV01", ("a", "b"), (origin("snap"), origin("embedded")), "PRE1_gVV", few)
    write_parity([row], tmp_path / "parity.tsv")
    cells = read_table(tmp_path / "parity.tsv", COLUMNS)[0]
    names = ("bias", "median_difference", "rms", "spread", "correlation", "shift_row")
    assert {cells[name] for name in (*names, "shift_column", "exceeds")} == {""}
    assert (cells["verdict"], cells["pixels"], cells["only_a"]) == ("undefined", "99", "0.5")


def test_events_are_summed_up(tmp_path: Path) -> None:
    good = LayerParity(9000, 0, 0, 0.1, 0.1, 0.2, 0.1, 0.95, (0.1, -0.1))
    pair = (origin("snap", "13.0.4"), origin("embedded", "1"))
    made_up = (origin("snap", "13.0.4", True), pair[1])
    events = {
        "EV01": [("PRE1_gVV", good, pair), ("PRE1_COHVV", replace(good, bias=0.0), pair)],
        "EV02": [("PRE1_gVV", replace(good, bias=0.9, shift=(0.3, 0.4)), pair)],
        "EV03": [("PRE1_gVV", LayerParity(5, 0, 0), pair)],
        "EV04": [("PRE1_gVV", replace(good, bias=5.0), made_up)],
    }
    tables = []
    for event, own in events.items():
        tables.append(tmp_path / f"{event}.tsv")
        write_parity((Row(event, ("s", "e"), o, layer, p) for layer, p, o in own), tables[-1])
    parity_summary(tables, tmp_path / "parity.tsv")
    rows = read_table(tmp_path / "parity.tsv", ())
    assert [(row["layer"], row["simulated"], row["events"]) for row in rows] == [
        ("PRE1_gVV", "no", "3"),
        ("PRE1_gVV", "yes", "1"),
        ("PRE1_COHVV", "no", "1"),
    ]
    first = rows[0]
    assert (first["within"], first["beyond"], first["undefined"]) == ("1", "1", "1")
    assert (first["median_bias"], first["median_correlation"]) == ("0.5", "0.95")
    assert first["worst_shift"] == "0.5"
    with pytest.raises(DataError, match="event EV01 stands twice"):
        parity_summary([tables[0], tables[0]], tmp_path / "parity.tsv")
    parity_summary([], tmp_path / "none.tsv")
    assert len((tmp_path / "none.tsv").read_text().splitlines()) == 1


def test_a_broken_table_is_refused(tmp_path: Path) -> None:
    row = Row("EV01", ("a", "b"), (origin("snap"),) * 2, "PRE1_gVV", LayerParity(9, 0, 0))
    write_parity([row], tmp_path / "a.tsv")
    text = (tmp_path / "a.tsv").read_text()
    (tmp_path / "a.tsv").write_text(text.replace("\t\t\t\t\t\t\t", "\tmuch\t\t\t\t\t\t"))
    with pytest.raises(DataError, match="no number in column bias"):
        parity_summary([tmp_path / "a.tsv"], tmp_path / "parity.tsv")


def test_blocks_are_means_of_what_has_data() -> None:
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    image[:2, :2] = np.nan
    image[2, 0] = np.nan
    small = block_means(image, 3)
    assert small.shape == (2, 3)
    assert np.isnan(small[0, 0])
    assert small[1, 0] == pytest.approx((11 + 15 + 16) / 3)
    assert small[0, 2] == pytest.approx((4 + 9) / 2)
    np.testing.assert_array_equal(block_means(image, 5), image)


def png_size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_pictures_have_one_size_whatever_they_show() -> None:
    power = inner(speckled(30))
    wide, empty = power[:20], np.full_like(power, np.nan)
    pictures = [
        picture((power, power * 2), ("a", "b"), "PRE1 gamma nought VV", "dB", False),
        picture((wide, wide), ("a", "b"), "local incidence", "degree", True),
        picture((empty, power), ("a", "b"), "PRE1 coherence", "1", True),
    ]
    assert len({png_size(png) for png in pictures}) == 1
    assert len(set(pictures)) == 3


def test_the_page_says_what_it_shows_and_is_the_same_twice(tmp_path: Path) -> None:
    seen = layers()
    a = put_products(tmp_path / "a", "snap", seen, simulated="true")
    b = put_products(tmp_path / "b", "embedded", seen, simulated="true")
    pages = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        rows, page = run(tmp_path / name, a, b)
        pages.append(((tmp_path / name / "parity.tsv").read_bytes(), page))
    assert pages[0] == pages[1]
    page = pages[0][1]
    assert "<h1>Parity of EV01: snap and embedded (simulated data)</h1>" in page
    assert "made by a simulator, not observed" in page
    assert "not yet on an installed SNAP" in page
    assert "They were not measured against real products of SNAP" in " ".join(page.split())
    assert "snap 13.0.4" in page and DATES["POST1"] in page
    assert page.count("data:image/png;base64,") == len(rows) == 12
    listed = [html.unescape(text) for text in re.findall(r"<li>(.*)</li>", page)]
    for text in reasons("PRE1_gVV", origin("snap", "13.0.4"), origin("embedded", "13.0.4")):
        assert f"{text}." in listed
    assert str(tmp_path) not in page
    assert not re.search(r"(src|href)=.?https?:", page)


def test_real_data_are_not_called_simulated(tmp_path: Path) -> None:
    seen = gamma0_of(layers())
    a = put_archive(tmp_path / "EV01.nc", seen)
    b = put_products(tmp_path / "b", "embedded", seen)
    assert "simulated data" not in run(tmp_path, a, b)[1].lower()
    a = put_archive(tmp_path / "EV01.nc", seen, "simulated archive")
    rows, page = run(tmp_path, a, b)
    assert "(simulated data)" in page and "do not show the same ground" in page
    assert {row["simulated"] for row in rows.values()} == {"yes"}
