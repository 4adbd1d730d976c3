"""Landslides as objects: drawn by hand, and against a flood fill on random masks."""

import numpy as np
import pytest

from scarp.errors import DataError, TableError
from scarp.objects import (
    AREA_EDGES,
    CUT,
    RULES,
    Objects,
    compare_objects,
    size_classes,
)


def compare(text, minimum=1, **more):
    """Compare the masks that rows of letters draw, amid a margin of scored background.

    R reference, P prediction, B both, x not scored, . background. Both sides are landslide where
    nothing is scored: nobody may look there.
    """
    letters = np.pad([list(line) for line in text.split()], 2, constant_values=".")
    predicted, reference = np.isin(letters, ["P", "B", "x"]), np.isin(letters, ["R", "B", "x"])
    return compare_objects(predicted, reference, letters != "x", minimum=minimum, **more)


def found(side, rule="any"):
    return side.matched(rule).tolist()


def fault(side, rule="any"):
    return side.unmatched(rule).tolist()


def test_one_landslide_found_one_missed_and_one_false():
    both = compare("""
        RBP...
        RBP..P
        .....P
        R.....
        """)
    assert both.reference.pixels.tolist() == [4, 1]
    assert both.predicted.pixels.tolist() == [4, 2]
    assert both.reference.best_iou.tolist() == pytest.approx([2 / 6, 0])
    assert both.predicted.best_iou.tolist() == pytest.approx([2 / 6, 0])
    for rule, expected in {"any": True, "iou_0.1": True, "iou_0.3": True, "iou_0.5": False}.items():
        assert found(both.reference, rule) == [expected, False]
        assert fault(both.reference, rule) == [not expected, True]
        assert found(both.predicted, rule) == [expected, False]
        assert fault(both.predicted, rule) == [not expected, True]


def test_the_centre_is_the_mean_of_rows_and_columns():
    both = compare_objects(
        np.zeros((5, 6), dtype=bool),
        np.pad(np.array([[1, 1, 1], [1, 0, 0]], dtype=bool), ((1, 2), (2, 1))),
        np.ones((5, 6), dtype=bool),
        minimum=1,
    )
    assert both.reference.row.tolist() == pytest.approx([1.25])
    assert both.reference.column.tolist() == pytest.approx([(2 + 3 + 4 + 2) / 4])


def test_pixels_that_touch_at_a_corner_are_one_object():
    both = compare("""
        R..P
        .RP.
        """)
    assert both.reference.pixels.tolist() == [2]
    assert both.predicted.pixels.tolist() == [2]
    assert found(both.reference) == [False]  # beside each other, with no pixel in common


def test_objects_that_touch_without_a_shared_pixel_do_not_go_together():
    both = compare("RRPP")
    assert (found(both.reference), fault(both.predicted)) == ([False], [True])


def test_a_landslide_in_pieces_is_found_once_and_pieces_of_little_overlap_are_false():
    both = compare("BBBBBRBR")  # a prediction of 5 and one of 1 on a landslide of 8
    assert found(both.reference, "iou_0.5") == [True]
    assert both.predicted.best_iou.tolist() == pytest.approx([5 / 8, 1 / 8])
    assert fault(both.predicted, "any") == [False, False]
    assert fault(both.predicted, "iou_0.1") == [False, False]
    assert fault(both.predicted, "iou_0.3") == [False, True]


def test_a_prediction_over_several_landslides_finds_each_that_it_overlaps_enough():
    both = compare("BBBBBPPB")  # landslides of 5 and of 1 under a prediction of 8
    assert both.reference.best_iou.tolist() == pytest.approx([5 / 8, 1 / 8])
    assert found(both.reference, "any") == [True, True]
    assert found(both.reference, "iou_0.1") == [True, True]
    assert found(both.reference, "iou_0.3") == [True, False]
    assert found(both.predicted, "iou_0.5") == [True]


@pytest.mark.parametrize(
    ("text", "rule"), [("BRRRRRRRRR", "iou_0.1"), ("BBBRRRRRRR", "iou_0.3"), ("BR", "iou_0.5")]
)
def test_an_iou_that_is_the_rule_is_enough(text, rule):
    both = compare(text)
    assert found(both.reference, rule) == found(both.predicted, rule) == [True]
    stricter = [one for one, iou in RULES.items() if iou > RULES[rule]]
    assert not any(found(both.reference, one)[0] for one in stricter)


def test_objects_below_the_minimum_leave_both_sides():
    both = compare(
        """
        RR...PP
        .......
        RRR.PPP
        """,
        minimum=3,
    )
    assert both.reference.pixels.tolist() == [3]
    assert both.predicted.pixels.tolist() == [3]
    assert fault(both.predicted) == [True]


def test_a_small_prediction_finds_nothing():
    both = compare("BBRR", minimum=3)
    assert (found(both.reference), both.reference.best_iou.tolist()) == ([False], [0])
    assert len(both.predicted.pixels) == 0


def test_a_prediction_on_a_small_landslide_is_neither_right_nor_false():
    both = compare("BBP..", minimum=3)
    assert len(both.reference.pixels) == 0
    assert both.predicted.excused.tolist() == pytest.approx([2 / 3])
    for rule in RULES:  # 2/3 of it is more than any rule asks for
        assert (found(both.predicted, rule), fault(both.predicted, rule)) == ([False], [False])


def test_a_prediction_that_meets_a_small_landslide_among_much_else_is_false_but_under_any():
    both = compare("BPPPP", minimum=3)
    assert both.predicted.excused.tolist() == pytest.approx([0.2])
    assert [fault(both.predicted, rule)[0] for rule in RULES] == [False, False, True, True]


def test_a_share_of_small_landslide_that_equals_the_rule_does_not_excuse():
    both = compare("BP", minimum=2)
    assert fault(both.predicted, "iou_0.5") == [True]
    assert fault(both.predicted, "iou_0.3") == [False]


def test_small_landslides_are_taken_off_the_prediction_when_iou_is_computed():
    both = compare("BBBBBPPB", minimum=2)  # 8 predicted, 1 of them on a landslide of 1
    assert both.reference.best_iou.tolist() == pytest.approx([5 / (5 + 8 - 1 - 5)])
    assert both.predicted.pixels.tolist() == [8]
    assert found(both.predicted, "iou_0.5") == [True]


def test_nothing_outside_of_what_is_scored_is_looked_at():
    both = compare("""
        BBxBB
        BBxBB
        """)
    # Nodata through the middle parts one landslide in two.
    assert both.reference.pixels.tolist() == [4, 4]
    assert both.reference.best_iou.tolist() == [1, 1]
    assert both.reference.cut.tolist() == [True, True]


def test_a_hole_without_data_leaves_the_object_whole_but_cuts_it():
    both = compare("""
        RRRR
        RxxR
        RRRR
        """)
    assert both.reference.pixels.tolist() == [10]
    assert both.reference.cut.tolist() == [True]


@pytest.mark.parametrize(
    ("row", "column", "cut"), [(0, 2, True), (2, 4, True), (1, 2, False), (3, 1, True)]
)
def test_an_object_at_the_edge_of_the_map_is_cut(row, column, cut):
    reference = np.zeros((4, 5), dtype=bool)
    reference[row, column] = True
    both = compare_objects(reference, reference, np.ones_like(reference), minimum=1)
    assert both.reference.cut.tolist() == both.predicted.cut.tolist() == [cut]


def test_an_object_that_touches_what_is_not_scored_at_a_corner_is_cut():
    both = compare("""
        x...
        .R.R
        """)
    assert both.reference.cut.tolist() == [True, False]


def test_an_object_that_is_cut_counts_as_any_other_but_has_no_size_class():
    both = compare("xBBR.BB", area_edges=[250.0])
    assert found(both.reference, "iou_0.5") == [True, True]
    assert both.reference.size_class.tolist() == [CUT, "<250"]
    assert both.predicted.size_class.tolist() == [CUT, "<250"]


def test_a_size_class_begins_with_its_lower_edge():
    both = compare("R.RR.RRR.RRRR", area_edges=[200.0, 400.0])
    assert both.reference.size_class.tolist() == ["<200", "200-400", "200-400", ">=400"]
    assert both.classes == ("<200", "200-400", ">=400")


def test_the_size_of_a_pixel_makes_the_area():
    both = compare("RR", area_edges=[500.0, 1000.0], pixel_size=20.0)
    assert both.reference.size_class.tolist() == ["500-1000"]


def test_names_of_the_usual_classes():
    assert size_classes(AREA_EDGES) == (
        *("<2500", "2500-10000", "10000-50000", "50000-500000", ">=500000"),
    )


@pytest.mark.parametrize("areas", [[], [100.0, 100.0], [200.0, 100.0]])
def test_areas_that_do_not_rise_are_refused(areas):
    with pytest.raises(TableError) as error:
        size_classes(areas)
    assert error.value.faults[0].offender.startswith("areas ")


@pytest.mark.parametrize("empty", ["predicted", "reference", "scored"])
def test_where_one_is_empty_the_other_is_missed_or_false(empty):
    masks = {name: np.ones((3, 3), dtype=bool) for name in ("predicted", "reference", "scored")}
    masks[empty][:] = False
    both = compare_objects(**masks)
    assert fault(both.reference) == ([True] if empty == "predicted" else [])
    assert fault(both.predicted) == ([True] if empty == "reference" else [])


def test_arrays_that_would_be_broadcast_are_refused():
    with pytest.raises(DataError, match="one grid"):
        compare_objects(np.ones((3, 3), bool), np.ones(3, bool), np.ones((3, 3), bool))


# The same by flood fill and sets of pixels, as slow as it is plain.


def components(mask):
    """Sets of pixels, in the order of their first pixel, row by row."""
    left = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    parts = []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        part, ahead = {start}, [start]
        while ahead:
            row, column = ahead.pop()
            for near in [(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)]:
                if near in left:
                    left.remove(near)
                    part.add(near)
                    ahead.append(near)
        parts.append(part)
    return parts


def plain(own, others, small, scored, minimum):
    """What `Objects` holds, one tuple an object."""
    height, width = scored.shape
    for part in own:
        if len(part) < minimum:
            continue
        around = {(r + y, c + x) for r, c in part for y in (-1, 0, 1) for x in (-1, 0, 1)}
        cut = any(
            not (0 <= r < height and 0 <= c < width and scored[r, c]) for r, c in around - part
        )
        shares = [
            len(part & other) / len((part | other) - small) for other in others if part & other
        ]
        yield (
            sum(r for r, _ in part) / len(part),
            sum(c for _, c in part) / len(part),
            len(part),
            max(shares, default=0.0),
            cut,
        )


def as_tuples(side: Objects):
    return list(
        zip(
            *(side.row.tolist(), side.column.tolist(), side.pixels.tolist()),
            *(side.best_iou.tolist(), side.cut.tolist()),
            strict=True,
        )
    )


@pytest.mark.parametrize("seed", range(40))
def test_objects_of_random_masks_are_those_of_a_flood_fill(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 25, 2))
    share = random.uniform(0.1, 0.5)
    reference = random.random(shape) < share
    predicted = np.where(random.random(shape) < 0.6, reference, random.random(shape) < share)
    scored = random.random(shape) < random.choice([0.9, 1.0])
    minimum = int(random.integers(1, 6))
    both = compare_objects(predicted, reference, scored, minimum=minimum)
    true, said = components(reference & scored), components(predicted & scored)
    small = set().union(*(part for part in true if len(part) < minimum))
    kept_true = [part for part in true if len(part) >= minimum]
    kept_said = [part for part in said if len(part) >= minimum]
    assert as_tuples(both.reference) == [
        pytest.approx(one) for one in plain(true, kept_said, small, scored, minimum)
    ]
    assert as_tuples(both.predicted) == [
        pytest.approx(one) for one in plain(said, kept_true, small, scored, minimum)
    ]
    assert both.reference.excused.tolist() == [0] * len(kept_true)
    assert both.predicted.excused.tolist() == pytest.approx(
        [len(part & small) / len(part) for part in kept_said]
    )
