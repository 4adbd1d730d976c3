"""Numbers of objects by rule and class, and the table of objects."""

import numpy as np
import pytest

from scarp.object_counts import (
    ALL,
    OBJECTS_COLUMNS,
    ObjectCounts,
    object_rows,
    per_100_km2,
    tally,
)
from scarp.objects import CUT, RULES, compare_objects


@pytest.fixture(scope="module")
def comparison():
    """Landslides of 6 (found), 3 (missed) and 1 (too small), one that is cut, two false objects."""
    predicted, reference = np.zeros((2, 12, 14), dtype=bool)
    reference[1:3, 1:4] = True
    predicted[1:3, 2:4] = True  # IoU 4/6
    reference[5, 1:4] = True
    reference[7, 7] = predicted[7, 7:9] = True  # half of it on the landslide that is too small
    reference[4:6, 12:14] = predicted[5, 11:14] = True  # IoU 2/5, at the edge of the map
    predicted[9, 1:3] = True
    predicted[9, 7:12] = True
    scored = np.ones_like(reference)
    return compare_objects(predicted, reference, scored, minimum=2, area_edges=[500.0])


def test_counts_by_hand(comparison):
    counts = tally(comparison)
    assert list(counts) == [(rule, name) for rule in RULES for name in ("<500", ">=500", CUT, ALL)]
    assert counts["any", "<500"] == ObjectCounts(found=0, missed=1, right=1, false=1)
    assert counts["any", ">=500"] == ObjectCounts(found=1, missed=0, right=0, false=1)
    assert counts["any", CUT] == ObjectCounts(found=1, missed=0, right=1, false=0)
    assert counts["any", ALL] == ObjectCounts(found=2, missed=1, right=2, false=2)
    assert counts["iou_0.3", ALL] == counts["any", ALL]
    assert counts["iou_0.5", CUT] == ObjectCounts(found=0, missed=1, right=0, false=1)
    # The prediction that lies by half on a landslide too small is false only here.
    assert counts["iou_0.5", "<500"] == ObjectCounts(found=0, missed=1, right=1, false=2)


@pytest.mark.parametrize("rule", RULES)
def test_all_is_the_sum_of_the_classes(comparison, rule):
    counts = tally(comparison)
    parts = [counts[rule, name] for name in (*comparison.classes, CUT)]
    assert sum(parts, ObjectCounts(0, 0, 0, 0)) == counts[rule, ALL]


def test_recall_and_precision_of_objects():
    counts = ObjectCounts(found=3, missed=1, right=2, false=6)
    assert (counts.recall, counts.precision) == (0.75, 0.25)


def test_without_objects_recall_and_precision_are_undefined():
    assert ObjectCounts(0, 0, 0, 5).recall is None
    assert ObjectCounts(0, 5, 0, 0).precision is None
    assert (ObjectCounts(0, 5, 0, 0).recall, ObjectCounts(0, 0, 0, 5).precision) == (0, 0)


def test_objects_per_100_km2():
    assert per_100_km2(3, 1_000_000) == pytest.approx(3)  # 1000 by 1000 pixels of 10 m
    assert per_100_km2(3, 500_000) == pytest.approx(6)
    assert per_100_km2(3, 250_000, pixel_size=20.0) == pytest.approx(3)
    assert per_100_km2(0, 250_000) == 0
    assert per_100_km2(0, 0) is None


def test_every_object_has_a_row(comparison):
    rows = [dict(zip(OBJECTS_COLUMNS, row, strict=True)) for row in object_rows(comparison)]
    assert [(row["side"], row["object"]) for row in rows] == [
        *(("reference", number) for number in (1, 2, 3)),
        *(("predicted", number) for number in (1, 2, 3, 4, 5)),
    ]
    assert rows[0] == {
        **{"side": "reference", "object": 1, "row": 1.5, "column": 2.0, "pixels": 6},
        **{"best_iou": 4 / 6, "any": 1, "iou_0.1": 1, "iou_0.3": 1, "iou_0.5": 1},
        **{"touches_border": 0, "size_class_m2": ">=500"},
    }
    cut = rows[1]  # its first pixel comes before that of the landslide that is missed
    assert (cut["touches_border"], cut["size_class_m2"], cut["best_iou"]) == (1, CUT, 2 / 5)
    assert [cut[rule] for rule in RULES] == [1, 1, 1, 0]
    assert [rows[2][rule] for rule in RULES] == [0, 0, 0, 0]
    false = [row["object"] for row in rows if row["side"] == "predicted" and row["any"] == 0]
    assert false == [4, 5]


def test_what_is_neither_right_nor_false_has_no_outcome(comparison):
    (row,) = (row for row in object_rows(comparison) if row[0] == "predicted" and row[1] == 3)
    outcome = dict(zip(OBJECTS_COLUMNS, row, strict=True))
    assert [outcome[rule] for rule in RULES] == [None, None, None, 0]


def test_rows_and_counts_agree(comparison):
    rows = [dict(zip(OBJECTS_COLUMNS, row, strict=True)) for row in object_rows(comparison)]
    for (rule, name), counts in tally(comparison).items():
        outcomes = [(row["side"], row[rule]) for row in rows if name in (ALL, row["size_class_m2"])]
        assert counts == ObjectCounts(
            *(outcomes.count((side, was)) for side in ("reference", "predicted") for was in (1, 0))
        )


def test_without_an_object_there_is_no_row_and_nothing_counts():
    nowhere = np.zeros((5, 5), dtype=bool)
    nothing = compare_objects(nowhere, nowhere, ~nowhere)
    assert list(object_rows(nothing)) == []
    assert set(tally(nothing).values()) == {ObjectCounts(0, 0, 0, 0)}
