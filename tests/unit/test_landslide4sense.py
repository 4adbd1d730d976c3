"""Blocks of the Landslide4Sense benchmark: names, refusals, and cubes from HDF5 and PNG files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from matplotlib.image import imsave

from scarp.acquire.landslide4sense import (
    HDF5_BANDS,
    SIZES,
    TILE,
    Block,
    parse_block,
    refusals,
    serves,
)
from scarp.acquire.landslide4sense_tiles import make_cube
from scarp.cube import open_cube
from scarp.cutting import cut
from scarp.errors import DataError, TableError
from scarp.patches import read_channel, read_flags

# ---------------------------------------------------------------- without a file


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("1-540", Block("", 1, 540)),
        ("train/1-3799", Block("train", 1, 3799)),
        (" validation/245-245 ", Block("validation", 245, 245)),
        ("test/1-800", Block("test", 1, 800)),
    ],
)
def test_block_is_read_and_written_back(text: str, block: Block) -> None:
    assert parse_block(text, "events.tsv") == block
    assert str(block) == text.strip()


@pytest.mark.parametrize(
    ("text", "fact", "cure"),
    [
        ("", "a blank cell names no block", "write the numbers"),
        ("540", "'540' names no block", "write the numbers"),
        ("1,540", "'1,540' names no block", "write the numbers"),
        ("12.5,45.1,12.9,45.4", "names no block", "write the numbers"),
        ("trian/1-540", "'trian' is no folder", "did you mean 'train'?"),
        ("540-1", "block 540-1 runs backwards", "correct the numbers"),
        ("0-540", "block 0-540 leaves the benchmark", "correct the numbers"),
        ("1-3800", "block 1-3800 leaves the benchmark", "correct the numbers"),
        ("validation/1-246", "block 1-246 leaves the benchmark", "correct the numbers"),
    ],
)
def test_wrong_block_is_refused_with_cure(text: str, fact: str, cure: str) -> None:
    with pytest.raises(TableError) as caught:
        parse_block(text, "events.tsv, row 2 (X), column aoi")
    (fault,) = caught.value.faults
    assert fault.offender == "events.tsv, row 2 (X), column aoi"
    assert fact in fault.fact
    assert cure in fault.cure
    assert fault.allowed


def test_membership_includes_both_ends() -> None:
    block = Block("", 3, 5)
    assert [number for number in range(8) if number in block] == [3, 4, 5]


def test_what_each_format_serves() -> None:
    assert serves("png") == ("POST1_B04", "POST1_B03", "POST1_B02")
    served = serves("hdf5")
    assert served[:2] == ("None_DEM", "None_SLOPE")
    assert {name.partition("_")[2] for name in served[2:]} == {
        *("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
    }
    assert all(name.startswith("POST1_") for name in served[2:])


def test_bands_stand_where_the_authors_put_them() -> None:
    # B1 to B12 without B8A, counted from 0; then slope, then elevation.
    places = {"B01": 0, "B02": 1, "B03": 2, "B04": 3, "B08": 7, "B09": 8, "B10": 9, "B12": 11}
    assert {band: HDF5_BANDS.index(band) for band in places} == places
    assert HDF5_BANDS[12:] == ("SLOPE", "DEM")


@pytest.mark.parametrize(
    ("channel", "file_format", "reason", "cure"),
    [
        ("POST1_B8A", "hdf5", "left out band B8A", "take them out"),
        ("PRE1_B04", "hdf5", "one image of each site", "take them out"),
        ("POST1_gVV", "hdf5", "no Sentinel-1", "take them out"),
        ("POST1_NDVI", "hdf5", "no index survives", "take them out"),
        ("POST1_B08", "png", "red, green and blue only", "format: hdf5"),
        ("None_DEM", "png", "red, green and blue only", "format: hdf5"),
        ("POST1_B8A", "png", "left out band B8A", "take them out"),
    ],
)
def test_refusal_names_channel_reason_and_cure(
    channel: str, file_format: Any, reason: str, cure: str
) -> None:
    (fault,) = refusals([*serves(file_format), channel], file_format, "feature set x")
    assert fault.offender == "feature set x"
    assert channel in fault.fact
    assert reason in fault.fact
    assert fault.allowed == ", ".join(serves(file_format))
    assert cure in fault.cure


def test_refusals_are_gathered_by_reason() -> None:
    faults = refusals(["PRE1_B04", "POST1_gVV", "PRE1_B08", "POST1_B04"], "hdf5", "x")
    assert [("PRE1_B04, PRE1_B08" in f.fact, "POST1_gVV" in f.fact) for f in faults] == [
        (True, False),
        (False, True),
    ]
    assert refusals(serves("hdf5"), "hdf5", "x") == ()


def test_naming_blocks_imports_nothing_heavy() -> None:
    heavy = "numpy h5py matplotlib xarray rasterio torch"
    code = (
        "import sys, scarp.acquire.landslide4sense;"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


# ---------------------------------------------------------------- made files


def hdf5_image(number: int) -> np.ndarray[Any, Any]:
    """Values that tell number, band and pixel apart; those of high numbers pass 16-bit storage."""
    y, x, band = np.meshgrid(np.arange(TILE), np.arange(TILE), np.arange(14), indexing="ij")
    return number + band / 100 + y / 1e5 + x / 1e7


def a_mask(number: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((TILE, TILE), dtype=np.uint8)
    mask[number, : 10 * number] = 1
    return mask


def write_hdf5(path: Path, name: str, values: np.ndarray[Any, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file[name] = values


def hdf5_pairs(images: Path, masks: Path, numbers: list[int]) -> None:
    for number in numbers:
        write_hdf5(images / f"image_{number}.h5", "img", hdf5_image(number))
        write_hdf5(masks / f"mask_{number}.h5", "mask", a_mask(number))


def png_image(number: int) -> np.ndarray[Any, Any]:
    colours = np.random.default_rng(number).integers(0, 256, (TILE, TILE, 4), dtype=np.uint8)
    colours[:, :, 3] = 255
    return colours


def png_mask(number: int) -> np.ndarray[Any, Any]:
    colours = np.zeros((TILE, TILE, 4), dtype=np.uint8)
    colours[:, :, 3] = 255
    colours[:, :, number % 3] = 255 * a_mask(number)  # any colour channel tells
    return colours


def png_pairs(root: Path, numbers: list[int], names: str = "l4s_{:04d}.png") -> None:
    (root / "img").mkdir(parents=True, exist_ok=True)
    (root / "mask").mkdir(exist_ok=True)
    for number in numbers:
        imsave(root / "img" / names.format(number), png_image(number))
        imsave(root / "mask" / names.format(number), png_mask(number))


@pytest.mark.parametrize(
    ("images", "masks", "text"),
    [
        ("TrainData/img", "TrainData/mask", "train/2-9"),
        ("train/img", "train/mask", "train/2-9"),
        ("ValidData/img", "ValidData/mask", "validation/2-9"),
        ("TestData/img", "TestData/mask", "test/2-9"),
        ("images/train", "annotations/train", "train/2-9"),
        ("img", "mask", "2-9"),
        (".", ".", "2-9"),
    ],
)
def test_hdf5_block_becomes_a_mosaic(tmp_path: Path, images: str, masks: str, text: str) -> None:
    root = tmp_path / "benchmark"
    hdf5_pairs(root / images, root / masks, [1, 2, 4, 7, 8, 9])
    make_cube(root, "hdf5", parse_block(text, "x"), "SITE", tmp_path / "cube.nc")
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["event"] == "SITE"
        assert cube.attrs["source"] == "landslide4sense"
        assert cube.attrs["tile"] == TILE
        assert cube.attrs["grid_crs"] == ""
        assert cube.attrs["block"] == text
        assert cube.attrs["tile_numbers"] == "2 4 7 8 9"
        columns = int(cube.attrs["tile_columns"])
        assert (columns, cube.sizes["y"], cube.sizes["x"]) == (3, 2 * TILE, 3 * TILE)
        for position, number in enumerate([2, 4, 7, 8, 9]):
            row, column = divmod(position, columns)
            tile = {
                "y": slice(row * TILE, row * TILE + TILE),
                "x": slice(column * TILE, column * TILE + TILE),
            }
            for channel in serves("hdf5"):
                band = HDF5_BANDS.index(channel.partition("_")[2])
                expected = hdf5_image(number)[:, :, band].astype(np.float32)
                np.testing.assert_array_equal(cube[channel].isel(tile).values, expected)
            np.testing.assert_array_equal(cube["None_MASK"].isel(tile).values, a_mask(number))
        unused = {"y": slice(TILE, None), "x": slice(2 * TILE, None)}
        assert (cube["None_MASK"].isel(unused) == 255).all()
        assert np.isnan(cube["POST1_B04"].isel(unused)).all()
        assert int(cube["None_VALID"].sum()) == 5 * TILE * TILE
        assert not cube["None_VALID"].isel(unused).any()
        assert cube["POST1_B04"].attrs["units"].startswith("unknown")


def test_png_pairs_become_fractions_of_255(tmp_path: Path) -> None:
    png_pairs(tmp_path / "png", [3, 4, 5])
    make_cube(tmp_path / "png", "png", Block("", 1, 10), "SITE", tmp_path / "cube.nc")
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["tile_numbers"] == "3 4 5"
        for position, number in enumerate([3, 4, 5]):
            row, column = divmod(position, 2)
            tile = (
                slice(row * TILE, row * TILE + TILE),
                slice(column * TILE, column * TILE + TILE),
            )
            for colour, channel in enumerate(serves("png")):
                expected = png_image(number)[:, :, colour].astype(np.float32) / np.float32(255)
                np.testing.assert_allclose(cube[channel].values[tile], expected, rtol=1e-6)
            np.testing.assert_array_equal(cube["None_MASK"].values[tile], a_mask(number))


def test_index_gives_the_number_where_it_exists(tmp_path: Path) -> None:
    png_pairs(tmp_path, [1, 2, 3], names="tile_{}.png")
    (tmp_path / "index.csv").write_text(
        "file,l4s_number,remark\ntile_1.png,300,\ntile_2.png,100,\ntile_3.png,200,\n"
    )
    make_cube(tmp_path, "png", Block("", 150, 300), "SITE", tmp_path / "cube.nc")
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["tile_numbers"] == "200 300"
        np.testing.assert_array_equal(cube["None_MASK"].values[:, :TILE], a_mask(3))


def test_pixels_without_a_finite_value_are_invalid(tmp_path: Path) -> None:
    hdf5_pairs(tmp_path, tmp_path, [1])
    values = hdf5_image(1)
    values[5, 6, HDF5_BANDS.index("B11")] = np.nan
    values[7, 8, HDF5_BANDS.index("B01")] = np.nan  # a band that scarp does not use
    write_hdf5(tmp_path / "image_1.h5", "img", values)
    make_cube(tmp_path, "hdf5", Block("", 1, 1), "SITE", tmp_path / "cube.nc")
    with open_cube(tmp_path / "cube.nc") as cube:
        np.testing.assert_array_equal(np.argwhere(cube["None_VALID"].values == 0), [[5, 6]])


def test_cube_is_cut_at_its_tiles_only(tmp_path: Path) -> None:
    hdf5_pairs(tmp_path, tmp_path, [2, 3, 5])
    make_cube(tmp_path, "hdf5", Block("", 1, 9), "SITE", tmp_path / "cube.nc")
    assert len(cut(tmp_path / "cube.nc", tmp_path / "patches.nc", TILE, TILE)) == 3
    # Each patch is one tile: nothing of another tile, nothing of the unused cell.
    for position, number in enumerate([2, 3, 5]):
        values = read_channel(tmp_path / "patches.nc", "POST1_B12", np.array([position]))
        band = HDF5_BANDS.index("B12")
        np.testing.assert_array_equal(values[0], hdf5_image(number)[:, :, band].astype(np.float32))
    assert read_flags(tmp_path / "patches.nc")[1].all()
    with pytest.raises(DataError, match="would mix them"):
        cut(tmp_path / "cube.nc", tmp_path / "other.nc", TILE, TILE // 2)


def intact(root: Path) -> None:
    hdf5_pairs(root / "img", root / "mask", [1, 2, 3])


def drop_mask(root: Path) -> None:
    intact(root)
    (root / "mask" / "mask_2.h5").unlink()


def drop_image(root: Path) -> None:
    intact(root)
    (root / "img" / "image_2.h5").unlink()


def crop_image(root: Path) -> None:
    intact(root)
    write_hdf5(root / "img" / "image_2.h5", "img", hdf5_image(2)[:64])


def drop_bands(root: Path) -> None:
    intact(root)
    write_hdf5(root / "img" / "image_2.h5", "img", hdf5_image(2)[:, :, :12])


def rename_dataset(root: Path) -> None:
    intact(root)
    write_hdf5(root / "img" / "image_2.h5", "image", hdf5_image(2))


def cut_short(root: Path) -> None:
    intact(root)
    file = root / "img" / "image_2.h5"
    file.write_bytes(file.read_bytes()[:3000])


def blur_mask(root: Path) -> None:
    intact(root)
    write_hdf5(root / "mask" / "mask_2.h5", "mask", np.full((TILE, TILE), 2, dtype=np.uint8))


@pytest.mark.parametrize(
    ("breakage", "offender", "fact", "cure"),
    [
        (drop_mask, "image_2.h5", "image 2 has no mask", "get its mask"),
        (drop_image, "mask_2.h5", "mask 2 has no image", "get its image"),
        (crop_image, "image_2.h5", "has shape (64, 128, 14)", "neither cropped nor resized"),
        (drop_bands, "image_2.h5", "has shape (128, 128, 12)", "neither cropped nor resized"),
        (rename_dataset, "image_2.h5", "has no dataset 'img'", "get the file again"),
        (cut_short, "image_2.h5", "cannot be read", "get the file again"),
        (blur_mask, "mask_2.h5", "holds other values", "not resampled"),
    ],
)
def test_broken_hdf5_is_named_and_leaves_no_cube(
    tmp_path: Path, breakage: Any, offender: str, fact: str, cure: str
) -> None:
    breakage(tmp_path / "files")
    target = tmp_path / "out" / "cube.nc"
    with pytest.raises(DataError) as caught:
        make_cube(tmp_path / "files", "hdf5", Block("", 1, 3), "SITE", target)
    (fault,) = caught.value.faults
    assert fault.offender.endswith(offender)
    assert fact in fault.fact
    assert cure in fault.cure
    assert not target.parent.exists()
    # What is broken in one block does not touch another.
    make_cube(tmp_path / "files", "hdf5", Block("", 3, 3), "SITE", target)


def test_all_faults_of_a_block_are_reported_together(tmp_path: Path) -> None:
    intact(tmp_path)
    write_hdf5(tmp_path / "img" / "image_1.h5", "img", hdf5_image(1)[:1])
    (tmp_path / "mask" / "mask_3.h5").write_bytes(b"no HDF5")
    with pytest.raises(DataError) as caught:
        make_cube(tmp_path, "hdf5", Block("", 1, 3), "SITE", tmp_path / "cube.nc")
    assert [Path(fault.offender).name for fault in caught.value.faults] == [
        "image_1.h5",
        "mask_3.h5",
    ]


def test_block_without_files_and_missing_folder(tmp_path: Path) -> None:
    intact(tmp_path)
    with pytest.raises(DataError, match="holds no hdf5 image with a number from 10 to 20"):
        make_cube(tmp_path, "hdf5", Block("", 10, 20), "SITE", tmp_path / "cube.nc")
    with pytest.raises(DataError, match="holds no png image"):
        make_cube(tmp_path, "png", Block("", 1, 3), "SITE", tmp_path / "cube.nc")
    with pytest.raises(DataError, match=r"there is no folder .*TrainData"):
        make_cube(tmp_path, "hdf5", Block("train", 1, 3), "SITE", tmp_path / "cube.nc")
    with pytest.raises(DataError, match="there is no folder"):
        make_cube(tmp_path / "away", "hdf5", Block("", 1, 3), "SITE", tmp_path / "cube.nc")


def unnumbered(root: Path) -> None:
    imsave(root / "img" / "overview.png", png_image(9))


def twice(root: Path) -> None:
    imsave(root / "img" / "copy_0002.png", png_image(2))


def grey_image(root: Path) -> None:
    # A palette of one byte per pixel, without colours: what a mask looks like, not an image.
    from PIL import Image

    Image.fromarray(png_image(2)[:, :, 0]).save(root / "img" / "l4s_0002.png")


def half_tones(root: Path) -> None:
    imsave(root / "mask" / "l4s_0002.png", png_image(2))


def truncated(root: Path) -> None:
    file = root / "img" / "l4s_0002.png"
    file.write_bytes(file.read_bytes()[:1000])


def no_png(root: Path) -> None:
    (root / "mask" / "l4s_0002.png").write_bytes(b"GIF89a")


def index_without_column(root: Path) -> None:
    (root / "index.csv").write_text("file,number\nl4s_0001.png,1\n")


def index_with_word(root: Path) -> None:
    (root / "index.csv").write_text("file,l4s_number\nl4s_0001.png,one\n")


def index_without_row(root: Path) -> None:
    (root / "index.csv").write_text("file,l4s_number\nl4s_0001.png,1\nl4s_0003.png,3\n")


@pytest.mark.parametrize(
    ("breakage", "offender", "fact"),
    [
        (unnumbered, "overview.png", "its number is not known"),
        (twice, "l4s_0002.png", "has the same number 2 as copy_0002.png"),
        (grey_image, "l4s_0002.png", "has shape (128, 128)"),
        (half_tones, "l4s_0002.png", "holds other values"),
        (truncated, "l4s_0002.png", "cannot be read"),
        (no_png, "l4s_0002.png", "cannot be read"),
        (index_without_column, "index.csv", "lacks the column l4s_number"),
        (index_with_word, "index.csv, row 2, column l4s_number", "'one' is no number"),
        (index_without_row, "l4s_0002.png", "its number is not known"),
    ],
)
def test_broken_png_is_named(tmp_path: Path, breakage: Any, offender: str, fact: str) -> None:
    png_pairs(tmp_path, [1, 2, 3])
    breakage(tmp_path)
    with pytest.raises(DataError) as caught:
        make_cube(tmp_path, "png", Block("", 1, 3), "SITE", tmp_path / "cube.nc")
    (fault,) = caught.value.faults
    assert fault.offender.endswith(offender)
    assert fact in fault.fact
    assert fault.cure
    assert not (tmp_path / "cube.nc").exists()


# ---------------------------------------------------------------- real files


def real(folder: str) -> Path:
    root = os.environ.get("SCARP_TEST_DATA", "")
    if not root or not (Path(root) / folder).is_dir():
        pytest.skip(f"SCARP_TEST_DATA names no folder with {folder}: real Landslide4Sense tiles")
    return Path(root) / folder


def test_real_hdf5_tiles_survive(tmp_path: Path) -> None:
    root = real("l4s_h5")
    make_cube(root, "hdf5", Block("", 1, SIZES["train"]), "SITE", tmp_path / "cube.nc")
    with open_cube(tmp_path / "cube.nc") as cube:
        assert cube.attrs["tile_numbers"] == "42 168 1002"
        with h5py.File(root / "image_168.h5") as image, h5py.File(root / "mask_168.h5") as mask:
            for band, channel in ((13, "None_DEM"), (12, "None_SLOPE"), (11, "POST1_B12")):
                stored = cube[channel].values[:TILE, TILE:]
                np.testing.assert_array_equal(stored, image["img"][:, :, band].astype(np.float32))
            np.testing.assert_array_equal(cube["None_MASK"].values[:TILE, TILE:], mask["mask"][()])


def test_real_png_and_hdf5_tiles_agree(tmp_path: Path) -> None:
    """The same number shows the same ground in both, so both band orders are as documented."""
    png, hdf5 = real("l4s_rgb_png"), real("l4s_h5")
    block = Block("", 168, 168)  # the only number that lies in both folders
    make_cube(png, "png", block, "PNG", tmp_path / "png.nc")
    make_cube(hdf5, "hdf5", block, "HDF5", tmp_path / "hdf5.nc")
    with open_cube(tmp_path / "png.nc") as first, open_cube(tmp_path / "hdf5.nc") as second:
        for channel in serves("png"):
            pair = first[channel].values.ravel(), second[channel].values.ravel()
            assert np.corrcoef(*pair)[0, 1] > 0.99
        np.testing.assert_array_equal(first["None_MASK"].values, second["None_MASK"].values)


def test_every_real_png_is_read(tmp_path: Path) -> None:
    make_cube(real("l4s_rgb_png"), "png", Block("", 1, 3799), "SITE", tmp_path / "cube.nc")
    table = cut(tmp_path / "cube.nc", tmp_path / "patches.nc", TILE, TILE)
    assert len(table) == 480
    assert (table.valid_pixels == TILE * TILE).all()
    assert (table.landslide_pixels > 0).sum() == 479
