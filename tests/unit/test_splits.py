"""Splits: nothing that must not be shared is shared, and what cannot be divided is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarp.cutting import window_origins
from scarp.errors import SplitError
from scarp.folds import Member, deal_folds
from scarp.grid import Grid
from scarp.patches import PatchTable
from scarp.splits import choose_validation, cut_in_two, divide, patches_that_test, shared_pixels


def _table(
    event: str,
    height: int = 320,
    width: int = 320,
    size: int = 32,
    stride: int = 32,
    slides: object = None,
    seed: int = 0,
) -> PatchTable:
    windows = np.array(
        [
            (row, column)
            for row in window_origins(height, size, stride)
            for column in window_origins(width, size, stride)
        ],
        dtype=np.int32,
    )
    count = len(windows)
    if slides is None:
        slides = np.random.default_rng(seed).integers(0, 100, count)
    return PatchTable(
        event=event,
        source="simulated",
        grid=Grid("EPSG:32633", 0.0, 0.0, 10.0, height, width),
        size=size,
        channels=("None_DEM",),
        row=windows[:, 0],
        column=windows[:, 1],
        valid_pixels=np.full(count, size * size, dtype=np.int64),
        landslide_pixels=np.asarray(slides, dtype=np.int64),
    )


@given(
    height=st.integers(64, 400),
    width=st.integers(64, 400),
    stride=st.sampled_from([16, 32]),
    buffer=st.integers(1, 64),
    share=st.floats(0.2, 0.8),
    seed=st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_no_training_patch_comes_near_a_testing_patch(
    height: int, width: int, stride: int, buffer: int, share: float, seed: int
) -> None:
    table = _table("A1", height, width, stride=stride, seed=seed)
    try:
        sides = cut_in_two(table, share, buffer)
    except SplitError:
        return  # too small for the buffer: refused, not leaked
    for train in sides.train:
        for test in sides.test:
            rows = abs(int(table.row[train]) - int(table.row[test])) - table.size
            columns = abs(int(table.column[train]) - int(table.column[test])) - table.size
            assert max(rows, columns) >= buffer
    assert table.landslide_pixels[sides.train].any() and table.landslide_pixels[sides.test].any()
    assert len(sides.train) + len(sides.test) + sides.dropped == len(table)


def test_the_share_is_met_where_it_can_be() -> None:
    sides = cut_in_two(_table("A1", slides=np.ones(100)), 0.4, 1)
    assert len(sides.test) == 40
    assert sides.dropped == 10  # windows that touch lie 0 pixels apart, less than the buffer


def test_one_landslide_in_one_patch_cannot_be_divided() -> None:
    slides = np.zeros(100)
    slides[44] = 7
    with pytest.raises(SplitError, match="event A1") as caught:
        cut_in_two(_table("A1", slides=slides), 0.4, 32)
    assert "role train or independent" in str(caught.value)


def _world() -> tuple[list[Member], dict[str, PatchTable]]:
    members = [
        Member("A1", "train", "A1"),
        Member("A2", "train", "storm"),
        Member("A3", "train", "storm"),
        Member("A4", "train", "A4"),
        Member("A5", "dependent", "A5"),
    ]
    tables = {m.event: _table(m.event, 128 + 32 * n, 160, seed=n) for n, m in enumerate(members)}
    return members, tables


def test_roles_share_no_pixel_and_no_event() -> None:
    members, tables = _world()
    train, validation = divide(members, tables, "roles", 0.2, 0.4, 32, 1)
    tested, role = patches_that_test("dependent", tables["A5"], "roles", 0.4, 32)
    test = [("A5", patch) for patch in tested]
    assert role == "dependent"
    assert train and validation and test
    for first, second in ((train, validation), (train, test), (validation, test)):
        assert shared_pixels(first, second, tables) == 0
    groups = {member.event: member.group for member in members}
    assert not {groups[e] for e, _ in train} & {groups[e] for e, _ in validation}
    assert {event for event, _ in validation} <= {"A1", "A2", "A3", "A4"}


def test_folds_share_no_event_and_dependent_events_train_whole() -> None:
    members, tables = _world()
    fold_of = deal_folds(members, 3)
    assert fold_of["A2"] == fold_of["A3"]
    for fold in (1, 2, 3):
        acting = [member for member in members if fold_of[member.event] != fold]
        train, validation = divide(acting, tables, "leave-event-out", 0.2, 0.4, 32, 1)
        held = {event for event, number in fold_of.items() if number == fold}
        assert not held & {event for event, _ in train + validation}
        assert not {event for event, _ in train} & {event for event, _ in validation}
        if fold != fold_of["A5"]:
            assert sum(event == "A5" for event, _ in train + validation) == len(tables["A5"])


def test_a_shared_pixel_is_counted() -> None:
    tables = {"A1": _table("A1", 64, 64, stride=16)}
    assert shared_pixels([("A1", 0)], [("A1", 1)], tables) == 32 * 16
    assert shared_pixels([("A1", 0)], [("A1", 2)], tables) == 0


def test_a_split_does_not_depend_on_the_order_of_rows() -> None:
    members, tables = _world()
    forth = divide(members, tables, "roles", 0.2, 0.4, 32, 1)
    back = divide(members[::-1], tables, "roles", 0.2, 0.4, 32, 1)
    assert forth == back
    assert deal_folds(members, 3) == deal_folds(members[::-1], 3)


def test_validation_needs_landslide() -> None:
    members = [Member("A1", "train", "A1"), Member("A2", "train", "A2")]
    tables = {"A1": _table("A1"), "A2": _table("A2", slides=np.zeros(100))}
    # The only event with landslide must train, so nothing is left to validate on.
    with pytest.raises(SplitError, match="leaves landslide for"):
        choose_validation(members, tables, 0.2, 1)


def test_validation_takes_about_its_share() -> None:
    members = [Member(f"A{n}", "train", f"A{n}") for n in range(10)]
    tables = {m.event: _table(m.event, seed=n) for n, m in enumerate(members)}
    assert len(choose_validation(members, tables, 0.2, 1)) == 2
    assert choose_validation(members, tables, 0.2, 1) != choose_validation(members, tables, 0.2, 5)


def test_published_patches_keep_their_side_and_own_events_follow_their_role() -> None:
    members, tables = _world()
    sides = ("train", "validation", "dependent", "independent")
    published = {
        event: replace(tables[event], sides=tuple(sides[n % 4] for n in range(len(tables[event]))))
        for event in ("A1", "A2")
    }
    mixed = {**tables, **published}
    train, validation = divide(members, mixed, "published", 0.2, 0.4, 32, 1)
    assert {event for event, _ in validation} == {"A1", "A2"}
    assert all(patch % 4 == 1 for _, patch in validation)
    assert [patch for event, patch in train if event == "A1"] == list(
        range(0, len(tables["A1"]), 4)
    )
    assert sum(event == "A3" for event, _ in train) == len(tables["A3"])
    own = cut_in_two(tables["A5"], 0.4, 32)
    assert [patch for event, patch in train if event == "A5"] == list(own.train)
    tested, role = patches_that_test("train", mixed["A1"], "published", 0.4, 32)
    assert (role, tested) == ("independent", list(range(3, len(tables["A1"]), 4)))
    assert patches_that_test("dependent", mixed["A5"], "published", 0.4, 32) == (
        list(own.test),
        "dependent",
    )


def test_a_published_event_that_only_trains_tests_nothing() -> None:
    table = _table("A1")
    trains = replace(table, sides=("train",) * len(table))
    assert patches_that_test("independent", trains, "published", 0.4, 32) == ([], "")


def test_a_published_split_without_validation_is_refused() -> None:
    members, tables = _world()
    tables["A1"] = replace(tables["A1"], sides=("train",) * len(tables["A1"]))
    with pytest.raises(SplitError, match="for validation"):
        divide(members, tables, "published", 0.2, 0.4, 32, 1)
