"""Landslide everywhere, and the best threshold on one band: known answers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarp.baselines import HEADER, everywhere, fit_channel, fit_rule, write_baselines
from scarp.cube import write_cube
from scarp.cutting import cut
from scarp.errors import DataError, SplitError
from scarp.grid import Grid
from scarp.metrics import Counts, count
from scarp.split_files import write_patch_list, write_test_list

NAN = float("nan")


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_everywhere_counts_landslide_and_the_rest() -> None:
    mask = np.array([[1, 0, 0], [1, 0, 1]])
    valid = np.array([[1, 1, 0], [1, 1, 0]])
    assert everywhere(mask, valid) == Counts(tp=2, fp=2, fn=0, tn=0)


def test_everywhere_on_an_empty_reference_has_no_f1() -> None:
    counts = everywhere(np.zeros((2, 2)), np.ones((2, 2)))
    assert counts == Counts(tp=0, fp=4, fn=0, tn=0)
    assert counts.f1 is None


@pytest.mark.parametrize(
    ("values", "landslide", "threshold", "direction", "f1"),
    [
        # Separable: bright landslides, dark landslides.
        ((0.1, 0.2, 0.7, 0.9), (0, 0, 1, 1), 0.7, "above", 1.0),
        ((0.1, 0.2, 0.7, 0.9), (1, 1, 0, 0), 0.2, "below", 1.0),
        # One bright false positive is worth one more landslide: 2*2 / (2*2 + 1 + 0).
        ((0.1, 0.5, 0.6, 0.9), (0, 1, 0, 1), 0.5, "above", 0.8),
        # Above 0.9 finds one of two (2/3), everything above 0.1 finds both with two wrong (2/3),
        # everything below 0.1 likewise (2/3): the first of equals finds the most.
        ((0.1, 0.5, 0.6, 0.9), (1, 0, 0, 1), 0.1, "above", 2 / 3),
        # Dark landslides: below 0.1 finds one of two, below 0.4 both with two wrong; 2/3 each.
        ((0.1, 0.2, 0.3, 0.4, 0.9, 0.9), (1, 0, 0, 1, 0, 0), 0.4, "below", 2 / 3),
        # Equal values cannot be told apart.
        ((0.5, 0.5, 0.5, 0.5), (1, 0, 0, 0), 0.5, "above", 0.4),
        # A landslide without a value is missed: 2*1 / (2*1 + 0 + 1).
        ((0.1, 0.2, 0.9, np.nan), (0, 0, 1, 1), 0.9, "above", 2 / 3),
        # A background without a value is never called.
        ((0.1, np.nan, 0.9), (0, 0, 1), 0.9, "above", 1.0),
    ],
)
def test_rule_with_known_answer(
    values: tuple[float, ...],
    landslide: tuple[int, ...],
    threshold: float,
    direction: str,
    f1: float,
) -> None:
    rule = fit_rule(floats(*values), np.array(landslide, dtype=bool))
    assert rule.threshold == np.float32(threshold)
    assert rule.direction == direction
    assert rule.f1 == pytest.approx(f1)


def test_rule_needs_a_landslide_with_a_value() -> None:
    with pytest.raises(ValueError, match="no landslide pixel"):
        fit_rule(floats(1, 2), np.array([False, False]))
    with pytest.raises(ValueError, match="no landslide pixel"):
        fit_rule(floats(1, NAN), np.array([False, True]))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.integers(-4, 4), st.just(np.nan)), st.booleans()), min_size=1
    ).filter(lambda pixels: any(slide and value == value for value, slide in pixels))
)
def test_no_threshold_of_either_side_is_better(pixels: list[tuple[float, bool]]) -> None:
    values = floats(*(value for value, _ in pixels))
    landslide = np.array([slide for _, slide in pixels])
    rule = fit_rule(values, landslide)
    fitted = count(rule.apply(values), landslide).f1
    assert fitted == pytest.approx(rule.f1)
    every = [
        count(called, landslide).f1 or 0.0
        for threshold in np.arange(-4.5, 5)
        for called in (values >= threshold, values <= threshold)
    ]
    assert rule.f1 == pytest.approx(max(every))


# ---------------------------------------------------------------- on patches


def make_patches(
    folder: Path,
    event: str,
    channels: dict[str, np.ndarray[tuple[int, int], np.dtype[np.float32]]],
    mask: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    valid: np.ndarray[tuple[int, int], np.dtype[np.uint8]] | None = None,
    size: int = 4,
    stride: int = 4,
) -> Path:
    height, width = mask.shape
    write_cube(
        folder / f"{event}.cube.nc",
        Grid("", 0.0, 0.0, 10.0, height, width),
        channels,
        mask,
        np.ones_like(mask) if valid is None else valid,
        {"event": event, "source": "simulated"},
        storage="float",
    )
    cut(folder / f"{event}.cube.nc", folder / f"{event}.nc", size, stride)
    return folder / f"{event}.nc"


def striped(
    height: int, width: int, columns: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[:, :columns] = 1
    return mask


def test_best_channel_is_chosen_on_training_patches_only(tmp_path: Path) -> None:
    mask = striped(4, 8, 1)
    mask[:, 4] = 1
    # In the first patch B04 tells all and B03 nothing, in the second the other way round.
    red = np.where(mask == 1, 0.75, 0.25).astype(np.float32)
    red[:, 4:] = 0.5
    green = np.full((4, 8), 0.5, dtype=np.float32)
    green[:, 4:] = np.where(mask[:, 4:] == 1, 0.125, 0.875)
    path = make_patches(tmp_path, "A", {"POST1_B04": red, "POST1_B03": green}, mask)
    channels = ("POST1_B03", "POST1_B04")
    channel, rule = fit_channel({"A": path}, [("A", 0)], channels)
    assert (channel, float(rule.threshold), rule.direction) == ("POST1_B04", 0.75, "above")
    channel, rule = fit_channel({"A": path}, [("A", 1)], channels)
    assert (channel, float(rule.threshold), rule.direction) == ("POST1_B03", 0.125, "below")


def test_f1_is_pooled_over_events(tmp_path: Path) -> None:
    # A threshold for each event alone would be perfect; one for both is not.
    first = make_patches(
        tmp_path,
        "A",
        {"POST1_B04": np.where(striped(4, 4, 1) == 1, 0.5, 0.0).astype(np.float32)},
        striped(4, 4, 1),
    )
    second = make_patches(
        tmp_path,
        "B",
        {"POST1_B04": np.where(striped(4, 4, 1) == 1, 1.0, 0.5).astype(np.float32)},
        striped(4, 4, 1),
    )
    _, rule = fit_channel({"A": first, "B": second}, [("B", 0), ("A", 0)], ["POST1_B04"])
    # >= 1.0: tp 4, fn 4 -> 2/3; >= 0.5: tp 8, fp 12 -> 16/28.
    assert float(rule.threshold) == 1.0
    assert rule.f1 == pytest.approx(2 / 3)


def test_invalid_pixels_take_no_part(tmp_path: Path) -> None:
    mask = striped(4, 4, 1)
    values = np.where(mask == 1, 0.75, 0.25).astype(np.float32)
    valid = np.ones_like(mask)
    values[0, 3], valid[0, 3] = 1.0, 0  # would be a false positive
    values[1, 0], valid[1, 0] = 0.0, 0  # would be a missed landslide
    path = make_patches(tmp_path, "A", {"POST1_B04": values}, mask, valid)
    _, rule = fit_channel({"A": path}, [("A", 0)], ["POST1_B04"])
    assert (float(rule.threshold), rule.f1) == (0.75, 1.0)


def test_training_without_landslide_is_refused(tmp_path: Path) -> None:
    path = make_patches(
        tmp_path, "A", {"POST1_B04": np.ones((4, 4), dtype=np.float32)}, striped(4, 4, 0)
    )
    with pytest.raises(SplitError, match="no training patch holds landslide"):
        fit_channel({"A": path}, [("A", 0)], ["POST1_B04"])


def test_channel_that_an_event_lacks_is_named(tmp_path: Path) -> None:
    path = make_patches(
        tmp_path, "A", {"POST1_B04": np.ones((4, 4), dtype=np.float32)}, striped(4, 4, 1)
    )
    with pytest.raises(DataError, match="has no channel POST1_B08"):
        fit_channel({"A": path}, [("A", 0)], ["POST1_B08"])


def test_table_has_two_rows_per_site_with_known_counts(tmp_path: Path) -> None:
    values = np.where(striped(4, 4, 1) == 1, 0.75, 0.25).astype(np.float32)
    train = make_patches(tmp_path, "TRAIN", {"POST1_B04": values}, striped(4, 4, 1))
    # Windows of 4 every 2 pixels over 4 x 6: two windows that share two columns.
    mask = striped(4, 6, 2)
    bright = np.zeros((4, 6), dtype=np.float32)
    bright[:, 1:4] = 0.75  # one column of landslide missed, two columns of others called
    valid = np.ones_like(mask)
    valid[3] = 0
    bright[0, 5] = NAN
    site = make_patches(tmp_path, "SITE", {"POST1_B04": bright}, mask, valid, stride=2)
    empty = make_patches(
        tmp_path, "EMPTY", {"POST1_B04": np.zeros((4, 4), dtype=np.float32)}, striped(4, 4, 0)
    )
    write_patch_list(tmp_path / "train.tsv", [("TRAIN", 0)])
    write_test_list(tmp_path / "site.tsv", "SITE", [0, 1], "independent")
    write_test_list(tmp_path / "empty.tsv", "EMPTY", [0], "dependent")
    write_baselines(
        {"TRAIN": train, "SITE": site, "EMPTY": empty},
        tmp_path / "train.tsv",
        {"SITE": tmp_path / "site.tsv", "EMPTY": tmp_path / "empty.tsv"},
        ["POST1_B04"],
        "roles",
        tmp_path / "baselines.tsv",
    )
    with (tmp_path / "baselines.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert tuple(rows[0]) == HEADER
    assert [(row["site"], row["role"], row["method"]) for row in rows] == [
        ("SITE", "independent", "everywhere"),
        ("SITE", "independent", "single-band"),
        ("EMPTY", "dependent", "everywhere"),
        ("EMPTY", "dependent", "single-band"),
    ]
    counts = [tuple(int(row[key]) for key in ("tp", "fp", "fn", "tn")) for row in rows]
    # 3 valid rows of 6 pixels, 2 of them landslide; every pixel once although windows overlap.
    assert counts == [(6, 12, 0, 0), (3, 6, 3, 6), (0, 16, 0, 0), (0, 0, 0, 16)]
    assert [row["channel"] for row in rows] == ["", "POST1_B04"] * 2
    assert [row["threshold"] for row in rows] == ["", "0.75"] * 2
    assert [row["direction"] for row in rows] == ["", "above"] * 2
    assert float(rows[0]["f1"]) == pytest.approx(0.5)
    assert float(rows[1]["precision"]) == pytest.approx(1 / 3)
    assert [rows[2][key] for key in ("precision", "recall", "f1", "iou")] == ["0.0", "", "", ""]
    assert [rows[3][key] for key in ("precision", "recall", "f1", "iou")] == ["", "", "", ""]
