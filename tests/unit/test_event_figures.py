"""Figures of the events: what they say, where their marks lie, the same bytes twice."""

import dataclasses
import itertools
import re
import warnings
import xml.etree.ElementTree as ElementTree

import pytest
from matplotlib.colors import to_hex

from scarp.description import PERCENTILES, Description
from scarp.event_table import EventFacts, EventRow
from scarp.figures.days import Timing, image_days
from scarp.figures.labels import Box, Point, crosses, place_labels
from scarp.figures.listing import area_text
from scarp.figures.relief import relief
from scarp.figures.style import GREEN, ORANGE, SKY
from scarp.figures.world import MOST_LISTED, events_map, land

#: As close together as events of one storm are, and as far apart as the world is wide.
PLACES = {
    "BR0001": ("A", (-44.1, -20.1), "dependent"),
    "IN0002": ("L", (76.3, 10.2), "train"),
    "IN0003": ("M", (77.0, 10.1), "train"),
    "NZ0001": ("W", (177.6, -38.8), "train"),
    "PH0001": ("X", (124.8, 10.7), "train"),
    "PH0003": ("Y", (124.9, 10.9), "train"),
    "PH0004": ("Z", (125.0, 10.6), "independent"),
}
DATES = {
    "event": "2020-06-10",
    "sentinel1": {"PRE1": "2020-06-05", "POST1": "2020-06-17"},
    "sentinel2": {"PRE1": "2020-05-31", "POST1": "2020-06-20"},
}
UNKNOWN = {"scene": None, "landslide": None}


def percentiles(start, step):
    return {name: start + step * n for n, name in enumerate(PERCENTILES)}


def facts(event="BR0001", source="archive", **changes):
    letter, place, role = PLACES.get(event, ("", (10.0, 45.0), "train"))
    row = EventRow(event, letter, f"Place {event}", "Land", "2020-06-10", "ASC", role, event)
    cube = Description(
        event,
        source,
        *place,
        height=500,
        width=400,
        resolution=10.0,
        valid_pixels=9,
        landslide_pixels=5,
        landslides=12,
        landslide_area_km2=0.27,
        area_from="polygons",
        elevation={"scene": percentiles(500.0, 500.0), "landslide": percentiles(1000.0, 100.0)},
        slope={"scene": percentiles(5.0, 5.0), "landslide": percentiles(10.0, 5.0)},
        s2_offset={},
    )
    return EventFacts(row, dataclasses.replace(cube, **changes))


def draw_all(folder, events, suffixes=("svg",)):
    """Every figure; a warning, such as of a layout without room, is an error."""

    def files(stem):
        return [folder / f"{stem}.{suffix}" for suffix in suffixes]

    dates = {event.row.event: DATES for event in events}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        events_map(events, files("map"))
        image_days(events, dates, files("days"))
        relief(events, files("relief"))


def texts(path):
    """Every text of an SVG file, lines of one label joined by a blank."""
    return [
        " ".join("".join(element.itertext()).split())
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}text")
    ]


def all_of_them():
    return [facts(event) for event in PLACES]


def test_every_figure_comes_out_the_same_twice(tmp_path):
    for folder in ("a", "b"):
        draw_all(tmp_path / folder, all_of_them(), ("svg", "png"))
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(written) == 6
    for name in written:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("source", ["archive", "simulated", "simulated archive"])
def test_simulated_data_is_called_so_and_real_data_is_not(tmp_path, source):
    draw_all(tmp_path, [facts("BR0001"), facts("NZ0001", source)])
    for stem in ("map", "days", "relief"):
        told = " ".join(texts(tmp_path / f"{stem}.svg"))
        assert ("simulated data" in told) == (source != "archive"), stem
    made_up = "places and landslides of simulated events are made up"
    assert (made_up in texts(tmp_path / "map.svg")) == (source != "archive")


@pytest.mark.parametrize("number", [1, 28])
def test_there_is_room_for_few_and_many_events(tmp_path, number):
    events = [facts(f"EV{n:02d}") for n in range(number)]
    draw_all(tmp_path, events)
    for stem in ("map", "days", "relief"):
        told = " ".join(texts(tmp_path / f"{stem}.svg"))
        assert all(event.row.place in told for event in events), stem


def test_the_list_holds_what_is_known(tmp_path):
    events = [facts("BR0001"), facts("NZ0001", landslides=None, area_from="mask")]
    events_map(events, [tmp_path / "map.svg"])
    told = texts(tmp_path / "map.svg")
    for text in ("BR0001", "Place BR0001, Land", "2020-06-10", "12", "0.270", "*0.270", "-"):
        assert text in told, text
    assert told.count("A") == told.count("W") == 2  # on the map and in the list
    assert {"train", "dependent"} <= set(told)
    assert "independent" not in told
    assert any("with * of the landslide pixels" in text for text in told)


def test_events_without_a_place_are_in_the_list_only(tmp_path):
    lost = {"longitude": None, "latitude": None, "landslide_area_km2": None}
    events_map([facts("BR0001"), facts("NZ0001", **lost)], [tmp_path / "map.svg"])
    told = texts(tmp_path / "map.svg")
    assert (told.count("A"), told.count("W")) == (2, 1)
    assert "1 of 2 have no georeference and are not on the map" in told
    events_map([facts("NZ0001", **lost)], [tmp_path / "map.svg"])
    assert "no event has a georeference" in texts(tmp_path / "map.svg")


def test_very_many_events_are_dots_and_the_title_says_where_they_are_listed(tmp_path):
    events = [facts(f"EV{n:03d}") for n in range(MOST_LISTED + 1)]
    events_map(events, [tmp_path / "map.svg"])
    told = texts(tmp_path / "map.svg")
    assert f"{len(events)} events, listed in summary/events.tsv" in told
    assert not {"EV000", "1"} & set(told)


def test_an_event_far_south_is_on_the_map(tmp_path):
    path = tmp_path / "map.svg"
    events_map([facts(latitude=-77.5)], [path])
    elements = list(ElementTree.parse(path).iter())
    frame = next(e for e in elements if e.tag.endswith("}clipPath"))[0]
    # The first marker is on the map, the last in the legend.
    dot = next(e for e in elements if e.tag.endswith("}use") and GREEN.lower() in e.get("style"))
    top, height = float(frame.get("y")), float(frame.get("height"))
    assert top < float(dot.get("y")) < top + height


def test_land_is_land_and_no_line_runs_across_the_map():
    for place in ((10, 50), (-60, -10), (135, -25), (179, 67), (-172, 66)):
        assert land().contains_point(place), place
    for place in ((-140, 0), (0, -30), (180, 0), (70, -20)):
        assert not land().contains_point(place), place
    rings = land().to_polygons()
    assert len(rings) > 100
    for ring in rings:
        assert abs(ring[:, 0]).max() <= 180 and abs(ring[:, 1]).max() <= 90
        steps = abs(ring[1:, 0] - ring[:-1, 0])
        assert steps.max() < 90 or ring[:, 1].min() == -90  # the edge of Antarctica at the pole


@pytest.mark.parametrize(
    ("area", "text"),
    [(None, "-"), (0.0001, "0.000100"), (0.27, "0.270"), (22.0, "22.0"), (12345.6, "12300")],
)
def test_areas_have_three_digits(area, text):
    assert area_text(area) == text


# --- labels


FRAME = Box(0, 0, 100, 50)
#: Three storms: points that touch, points that are hidden by others, a row of points.
CROWD = (
    *((1, 0), (1.01, 0.02), (1.02, -0.01), (2, 0.1), (2.005, 0.1), (2.01, 0.1), (2.015, 0.1)),
    *((3, 0), (3.05, 0), (3.1, 0), (3.15, 0), (3.2, 0)),
)


def placed(points):
    centres = place_labels(points, [2.0] * len(points), 1.5, 0.6, FRAME)
    return centres, [Box.around(centre, 2.0, 1.5) for centre in centres]


@pytest.mark.parametrize(
    "points",
    [
        [Point(50, 25)] * 8,
        [Point(20 * x, 25 + 20 * y) for x, y in CROWD],
        [Point(0.1, 0.1), Point(99.9, 49.9), Point(0.1, 49.9)],
    ],
)
def test_labels_hide_nothing_and_stay_in_the_frame(points):
    centres, boxes = placed(points)
    for a, b in itertools.combinations(boxes, 2):
        assert not a.meets(b)
    for box in boxes:
        assert box.inside(FRAME)
        assert not any(box.meets(Box.around(point, 0.6, 0.6)) for point in points)
    lines = list(zip(points, centres, strict=True))
    assert not any(crosses(a, b) for a, b in itertools.combinations(lines, 2))


def test_a_label_that_has_room_is_near():
    (centre,), _ = placed([Point(50, 25)])
    assert abs(centre.x - 50) < 2.5 and abs(centre.y - 25) < 2.5


def test_lines_cross_only_between_their_ends():
    cross = (Point(0, 0), Point(2, 2)), (Point(0, 2), Point(2, 0))
    assert crosses(*cross)
    assert not crosses(cross[0], (Point(0, 0), Point(2, 0)))
    assert not crosses(cross[0], (Point(0, 1), Point(2, 3)))


# --- days


def test_days_are_counted_from_the_event():
    timing = Timing.of(DATES)
    assert timing == Timing(-10, 10, (-5, 7))
    assert timing.gap == 20
    assert Timing.of({**DATES, "sentinel2": {"PRE1": "", "POST1": "2020-06-10"}}) == Timing(
        None, 0, (-5, 7)
    )


@pytest.mark.parametrize(
    "dates",
    [
        {**DATES, "event": ""},
        {"event": "2020-06-10", "sentinel1": {"PRE1": ""}, "sentinel2": {}},
    ],
)
def test_events_without_dates_are_left_out(tmp_path, dates):
    assert Timing.of(dates) is None
    events = [facts("BR0001"), facts("NZ0001", "simulated")]
    image_days(events, {"BR0001": DATES, "NZ0001": dates}, [tmp_path / "days.svg"])
    told = " ".join(texts(tmp_path / "days.svg"))
    assert "BR0001" in told and "NZ0001" not in told
    assert "simulated" not in told  # what is not shown is not spoken of
    image_days(events[1:], {"NZ0001": dates}, [tmp_path / "days.svg"])
    assert "No event of this run has dates." in texts(tmp_path / "days.svg")


def test_a_date_that_the_table_leaves_blank_is_the_cubes(tmp_path):
    blank = {**DATES, "sentinel2": {"PRE1": "", "POST1": ""}}
    image_days([facts("BR0001")], {"BR0001": blank}, [tmp_path / "days.svg"])
    assert "20" not in texts(tmp_path / "days.svg")
    told = {"sentinel2": DATES["sentinel2"], "sentinel1": {}}
    event = facts("BR0001")
    cube = dataclasses.replace(event.cube, dates=told)
    event = dataclasses.replace(event, cube=cube)
    image_days([event], {"BR0001": blank}, [tmp_path / "days.svg"])
    assert "20" in texts(tmp_path / "days.svg")  # the gap in days


def test_the_shortest_gap_comes_first_and_an_unknown_one_last(tmp_path):
    def optical(before, after):
        return {**DATES, "sentinel2": {"PRE1": before, "POST1": after}}

    dates = {
        "BR0001": optical("", "2020-06-11"),
        "IN0002": optical("2020-05-01", "2020-06-11"),
        "NZ0001": optical("2020-06-09", "2020-06-11"),
    }
    image_days([facts(event) for event in dates], dates, [tmp_path / "days.svg"])
    told = texts(tmp_path / "days.svg")
    order = [text.split()[1] for text in told if "Place" in text]
    assert order == ["NZ0001", "IN0002", "BR0001"]
    gaps = [text for text in told if text in ("2", "41", "-")]
    assert gaps == ["2", "41", "-"]


def ticks(path):
    """x in an SVG file of each tick label that is a number."""
    found = {}
    for element in ElementTree.parse(path).iter():
        text = (element.text or "").replace("\N{MINUS SIGN}", "-")
        if element.tag.endswith("}text") and re.fullmatch(r"-?\d+", text):
            place = element.get("x") or re.findall(r"[\d.]+", element.get("transform"))[0]
            found.setdefault(text, float(place))
    return found


def test_images_lie_at_their_days(tmp_path):
    path = tmp_path / "days.svg"
    image_days([facts()], {"BR0001": DATES}, [path])
    at = ticks(path)
    for colour, day in ((SKY, "-10"), (ORANGE, "10")):
        # The first is in the figure, the last in its legend.
        first = next(
            float(element.get("x"))
            for element in ElementTree.parse(path).iter()
            if element.tag.endswith("}use") and colour.lower() in element.get("style", "")
        )
        assert first == pytest.approx(at[day], abs=0.05), day


# --- relief


def test_boxes_span_the_quartiles(tmp_path):
    path = tmp_path / "relief.svg"
    relief([facts()], [path])
    at = ticks(path)
    outline = next(
        element.get("d")
        for element in ElementTree.parse(path).iter()
        if element.tag.endswith("}path")
        and f"fill: {to_hex('#BDBDBD')}" in element.get("style", "")
    )
    across = [float(x) for x in re.findall(r"[ML] ([\d.]+) ", outline)]
    assert (min(across), max(across)) == pytest.approx((at["1000"], at["2000"]), abs=0.05)


def test_relief_shows_events_that_have_any(tmp_path):
    events = [
        facts("BR0001", slope=UNKNOWN, elevation={**UNKNOWN, "scene": percentiles(1.0, 1.0)}),
        facts("NZ0001", "simulated", slope=UNKNOWN, elevation=UNKNOWN),
    ]
    relief(events, [tmp_path / "relief.svg"])
    told = " ".join(texts(tmp_path / "relief.svg"))
    assert "BR0001" in told and "NZ0001" not in told
    assert "simulated" not in told
    relief(events[1:], [tmp_path / "relief.svg"])
    assert "No event of this run has elevation or slope." in texts(tmp_path / "relief.svg")
