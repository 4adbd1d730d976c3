"""Of all tracks over an area the right one is taken, with the right dates, and it is said why."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from catalogue_rows import LENGTH, Slice
from catalogue_server import CatalogueServer
from scarp.acquire.sentinel1.catalogue import search_scenes, search_words
from scarp.acquire.sentinel1.cdse import Cdse
from scarp.acquire.sentinel1.choice import (
    COLUMNS,
    Choice,
    Target,
    acquisitions_of,
    choose_dates,
    write_candidates,
)
from scarp.acquire.sentinel1.ground import FAR, NEAR, heading, incidence, look_azimuth
from scarp.acquire.sentinel1.passes import passes_of
from scarp.acquire.sentinel1.scene import Scene
from scarp.acquire.sentinel1.view import Slopes, slopes_of, visible_share
from scarp.errors import DataError
from scarp.tsv import read_table

DATA = os.environ.get("SCARP_TEST_DATA", "")
EVENT = date(2021, 7, 3)
CENTRE = (10.0, 45.0)
AREA = (9.98, 44.98, 10.02, 45.02)
SEARCHED = "area and days"
#: Degrees to the north at which the area lies on the edge of a slice, which stands askew.
EDGE = LENGTH / 111.2 / 2 / np.cos(np.radians(12))
EPOCHS = ("pre3", "pre2", "pre1", "post1", "post2", "post3")
#: Days from the event at which a satellite passes.
DAYS = (-35, -23, -11, 1, 13, 25)


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer() as running:
        yield running


def _pass(
    day: date, track: int = 15, shift: tuple[float, float] = (0.0, 0.0), **more: object
) -> Slice:
    """A slice on a day, its centre `shift` degrees from the area's."""
    start = datetime.combine(day, time(17, 5), UTC)
    centre = (CENTRE[0] + shift[0], CENTRE[1] + shift[1])
    return Slice(start, relative_orbit=track, centre=centre, **more)  # type: ignore[arg-type]


def _track(
    track: int,
    days: Sequence[int] = DAYS,
    shift: tuple[float, float] = (0.0, 0.0),
    event: date = EVENT,
    **more: object,
) -> list[Slice]:
    return [_pass(event + timedelta(days=d), track, shift, **more) for d in days]


def _scenes(server: CatalogueServer, slices: Sequence[Slice]) -> list[Scene]:
    """As the catalogue gives them."""
    server.rows.clear()
    server.add(slices)
    service = Cdse(server.url("/odata/v1/Products"))
    far = (datetime(2014, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    return search_scenes(service, AREA, *far)


def _choose(
    server: CatalogueServer,
    slices: Sequence[Slice],
    slopes: Slopes | None = None,
    event: date = EVENT,
    **fixed: object,
) -> Choice:
    target = Target("X1", event, AREA, **fixed)  # type: ignore[arg-type]
    return choose_dates(_scenes(server, slices), target, SEARCHED, slopes)


def _days(choice: Choice, event: date = EVENT) -> list[int]:
    return [(one.date - event).days for one in choice.dates.values()]


def _facing(aspect: float, slope: float = 35.0) -> Slopes:
    """Slopes that all fall to one side."""
    return Slopes(np.full((4, 4), slope), np.full((4, 4), aspect % 360))


# ---------------------------------------------------------------- how a track looks at the ground


@pytest.mark.parametrize(
    ("direction", "latitude", "degrees"),
    [("ASC", 0, 347.97), ("DES", 0, 192.03), ("ASC", 60, 341.6), ("DES", -60, 198.4)],
)
def test_heading_follows_from_the_orbit(direction: str, latitude: float, degrees: float) -> None:
    assert heading(direction, latitude) == pytest.approx(degrees, abs=0.01)
    assert look_azimuth(direction, latitude) == pytest.approx((degrees + 90) % 360, abs=0.01)


@pytest.mark.parametrize("direction", ["ASC", "DES"])
def test_incidence_grows_from_the_near_edge_to_the_far_one(
    server: CatalogueServer, direction: str
) -> None:
    """The swath is moved along the look, so that the area lies elsewhere in it."""
    look = np.radians(look_azimuth(direction, CENTRE[1]))
    angles = []
    for km in (110.0, 0.0, -110.0):
        shift = (
            km * np.sin(look) / 111.2 / np.cos(np.radians(CENTRE[1])),
            km * np.cos(look) / 111.2,
        )
        (scene,) = _scenes(server, [_pass(EVENT, shift=shift, direction=direction)])
        angles.append(incidence([scene.footprint], AREA, float(np.degrees(look))))
    near, middle, far = angles
    assert middle == pytest.approx(38, abs=0.5)
    assert near == pytest.approx(NEAR + 16 * 15 / 250, abs=0.5)
    assert far == pytest.approx(FAR - 16 * 15 / 250, abs=0.5)


def test_a_tilted_plane_has_its_slope_and_aspect() -> None:
    """It falls to the south-east with 30 degrees."""
    y, x = np.mgrid[0:6, 0:5] * 10.0
    fall = np.tan(np.radians(30)) / np.sqrt(2)
    slopes = slopes_of(1000 - fall * x - fall * y, 10)
    assert slopes.slope == pytest.approx(np.full((6, 5), 30.0))
    assert slopes.aspect == pytest.approx(np.full((6, 5), 135.0))


@pytest.mark.parametrize(
    ("slope", "aspect", "seen"),
    [
        (0.0, 0.0, 1.0),
        (45.0, 270.0, 0.0),  # towards the radar, steeper than the look: layover
        (25.0, 270.0, 0.0),  # towards it: sin 38 / sin 13 is 2.7 times as long
        (15.0, 270.0, 1.0),  # sin 38 / sin 23 is 1.6 times
        (50.0, 90.0, 1.0),  # away from it, still lit
        (53.0, 90.0, 0.0),  # away from it, steeper than 90 - 38: shadow
        (50.0, 0.0, 1.0),  # across
    ],
)
def test_what_is_seen_of_a_slope(slope: float, aspect: float, seen: float) -> None:
    """The radar looks to the east at 38 degrees."""
    assert visible_share(_facing(aspect, slope), 90.0, 38.0) == seen


def test_pixels_without_elevation_do_not_count() -> None:
    slopes = _facing(270.0)
    slopes.slope[:2] = 0
    slopes.slope[0] = np.nan
    assert visible_share(slopes, 90.0, 38.0) == pytest.approx(1 / 3)
    slopes.slope[:] = np.nan
    assert np.isnan(visible_share(slopes, 90.0, 38.0))


# ---------------------------------------------------------------- passes and their slices


def test_all_slices_that_the_area_needs_belong_to_a_date(server: CatalogueServer) -> None:
    """The area lies across the seam of two slices; the third is far away."""
    half = LENGTH / 111.2 / 2
    one = _pass(EVENT, shift=(0.0, -half))
    two = replace(one, start=one.start + timedelta(seconds=25), centre=(9.9, 45.0 + half))
    scenes = _scenes(server, [one, two])
    ((track, passes),) = passes_of(scenes, AREA).items()
    assert str(track) == "track 15 ASC VV+VH"
    assert [s.name.text for s in passes[0].scenes] == [one.name, two.name]
    assert passes[0].whole


def test_a_slice_that_covers_the_area_and_its_margin_is_enough(server: CatalogueServer) -> None:
    one = _pass(EVENT)
    overlapping = replace(one, start=one.start + timedelta(seconds=25), centre=(10.0, 45.7))
    (passes,) = passes_of(_scenes(server, [one, overlapping]), AREA).values()
    assert [s.name.text for s in passes[0].scenes] == [one.name]


def test_a_datatake_over_the_equator_is_one_pass_of_its_first_track(
    server: CatalogueServer,
) -> None:
    half = LENGTH / 111.2 / 2
    south = _pass(EVENT, 15, shift=(0.0, -half), datatake="0ABCDE")
    north = replace(
        south,
        relative_orbit=16,
        start=south.start + timedelta(seconds=25),
        centre=(9.9, 45.0 + half),
    )
    ((track, passes),) = passes_of(_scenes(server, [south, north]), AREA).items()
    assert track.relative_orbit == 15
    assert len(passes) == 1 and len(passes[0].scenes) == 2


# ---------------------------------------------------------------- dates


def test_three_dates_on_each_side_next_to_the_event(server: CatalogueServer) -> None:
    choice = _choose(server, _track(15, range(-59, 62, 12)))
    assert list(choice.dates) == ["PRE3", "PRE2", "PRE1", "POST1", "POST2", "POST3"]
    assert _days(choice) == list(DAYS)
    assert choice.notes == ()


def test_a_pass_on_the_day_of_the_event_counts_as_after(server: CatalogueServer) -> None:
    choice = _choose(server, _track(15, range(-48, 60, 12)))
    assert choice.dates["POST1"].date == EVENT
    assert _days(choice) == [-36, -24, -12, 0, 12, 24]


def test_two_satellites_give_dates_six_days_apart(server: CatalogueServer) -> None:
    slices = [*_track(15, range(-59, 62, 12)), *_track(15, range(-53, 62, 12), mission="S1B")]
    choice = _choose(server, slices)
    assert _days(choice) == [-17, -11, -5, 1, 7, 13]
    assert {one.mission for one in choice.dates.values()} == {"S1A", "S1B"}


def test_a_date_that_covers_the_area_in_part_is_passed_over(server: CatalogueServer) -> None:
    slices = _track(15, range(-59, 62, 12))
    slices[4] = replace(slices[4], centre=(10.0, 45.0 + EDGE))
    choice = _choose(server, slices)
    assert _days(choice) == [-47, -35, -23, 1, 13, 25]
    assert "24 days between 2021-06-10 and 2021-07-04 cost coherence" in choice.notes


def test_partial_dates_are_taken_where_there_are_no_others(
    server: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    shift = (0.0, EDGE)
    choice = _choose(server, _track(15, shift=shift))
    assert _days(choice) == list(DAYS)
    assert not choice.chosen.whole and 0.3 < choice.chosen.covered < 0.7
    assert "no track covers all of the area" in caplog.text
    # A track that covers it is taken instead, though it has fewer dates.
    choice = _choose(server, [*_track(15, shift=shift), *_track(117, (-11, 1))])
    assert choice.chosen.track.relative_orbit == 117
    assert choice.candidates[1].reason == "covers 50 % of the area"


def test_fewer_dates_are_taken_with_a_warning(
    server: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    choice = _choose(server, _track(15, (-11, 1, 13)))
    assert list(choice.dates) == ["PRE1", "POST1", "POST2"]
    assert "X1: track 15 ASC VV+VH has 1 dates before, 2 after" in caplog.text
    assert "search more days" in caplog.text


@pytest.mark.parametrize(("event", "told"), [(date(2022, 4, 10), True), (date(2020, 4, 10), False)])
def test_the_time_of_one_satellite_is_told(
    server: CatalogueServer, event: date, told: bool
) -> None:
    choice = _choose(server, _track(15, event=event), event=event)
    assert any("Sentinel-1B was lost on 23 December 2021" in n for n in choice.notes) == told


def test_nothing_found_tells_what_was_searched_and_what_would_widen_it(
    server: CatalogueServer,
) -> None:
    with pytest.raises(DataError) as caught:
        _choose(server, [])
    for words in ("event X1, 2021-07-03", f"searched: {SEARCHED}", "search more days"):
        assert words in str(caught.value)


# ---------------------------------------------------------------- tracks


@pytest.mark.parametrize(("falls_to", "direction"), [(270.0, "DES"), (90.0, "ASC")])
def test_the_track_that_sees_the_slopes_is_taken(
    server: CatalogueServer, falls_to: float, direction: str
) -> None:
    """A slope that falls to the west faces the radar of an ascending track, which looks east."""
    slices = [*_track(15), *_track(117, direction="DES")]
    choice = _choose(server, slices, _facing(falls_to))
    assert choice.chosen.track.direction == direction
    assert choice.chosen.visible == 1.0
    assert "best of 2 tracks" in choice.chosen.reason
    assert choice.chosen.reason.endswith("sees 100 % of the area")
    assert choice.candidates[1].reason.startswith("sees 0 %")


def test_complete_dates_go_before_a_better_view(server: CatalogueServer) -> None:
    slices = [*_track(15), *_track(117, DAYS[:5], direction="DES")]
    choice = _choose(server, slices, _facing(270.0))
    assert choice.chosen.track.relative_orbit == 15
    assert choice.candidates[1].reason == "fewer dates: 3 dates before, 2 after"


def test_dates_far_apart_weigh_against_a_better_view(server: CatalogueServer) -> None:
    """Two pairs more than 12 days apart cost 10 %: a view that is better by 25 % still wins."""
    slopes = _facing(270.0)
    slopes.slope[:3] = 0
    gappy = _track(117, (-59, -35, -11, 1, 13, 25), direction="DES")
    choice = _choose(server, [*_track(15), *gappy], slopes)
    assert choice.chosen.track.relative_orbit == 117
    assert choice.chosen.long_gaps == 2
    # With every tenth pixel on a slope it does not.
    slopes = _facing(270.0, 0.0)
    slopes.slope[0, 0] = 35
    choice = _choose(server, [*_track(15), *gappy], slopes)
    assert choice.chosen.track.relative_orbit == 15
    assert "has 2 pairs more than 12 days apart" in choice.candidates[1].reason


def test_without_elevation_less_time_between_dates_decides(server: CatalogueServer) -> None:
    slices = [
        *_track(15),
        *_track(117, range(-59, 62, 12), direction="DES"),
        *_track(117, range(-53, 62, 12), mission="S1B", direction="DES"),
    ]
    choice = _choose(server, slices)
    assert choice.chosen.track.relative_orbit == 117
    assert np.isnan(choice.chosen.visible)


def test_the_polarisations_of_the_study_go_first(server: CatalogueServer) -> None:
    slices = [*_track(15, polarisation="DH"), *_track(117)]
    choice = _choose(server, slices)
    assert choice.chosen.track.polarisations == ("VV", "VH")
    assert choice.candidates[1].reason == "is in HH+HV"
    assert _choose(server, slices[:6]).chosen.track.polarisations == ("HH", "HV")


def test_a_track_with_dates_on_one_side_only_is_the_last(server: CatalogueServer) -> None:
    slices = [*_track(15, DAYS[:3]), *_track(117, (-11, 1), shift=(0.0, EDGE))]
    choice = _choose(server, slices)
    assert choice.chosen.track.relative_orbit == 117
    assert choice.candidates[1].reason.startswith("dates on one side of the event only")


@pytest.mark.parametrize(("fixed", "track"), [({"orbit": "ASC"}, 15), ({"relative_orbit": 88}, 88)])
def test_a_fixed_track_is_obeyed(
    server: CatalogueServer, fixed: dict[str, object], track: int
) -> None:
    """117 would be better than both."""
    slices = [
        *_track(15),
        *_track(88, DAYS[1:4], direction="DES"),
        *_track(117, direction="DES"),
    ]
    assert _choose(server, slices, _facing(270.0)).chosen.track.relative_orbit == 117
    choice = _choose(server, slices, _facing(270.0), **fixed)
    assert choice.chosen.track.relative_orbit == track
    left = {c.track.relative_orbit: c.reason for c in choice.candidates[1:]}
    assert left[117].startswith("left out: ")
    assert str(next(iter(fixed.values()))) in left[117]


def test_a_fixed_track_without_scenes_tells_what_there_is(server: CatalogueServer) -> None:
    with pytest.raises(DataError) as caught:
        _choose(server, _track(15), orbit="DES", relative_orbit=117)
    for words in (
        "where orbit is DES and relative_orbit is 117",
        "found: track 15 ASC VV+VH",
        "nearest is track 15 ASC VV+VH on 2021-07-04, 1 days away",
        "leave orbit and relative_orbit blank",
    ):
        assert words in str(caught.value)


def test_the_table_lists_all_tracks_with_their_reasons(
    server: CatalogueServer, tmp_path: Path
) -> None:
    choice = _choose(server, [*_track(15), *_track(117, direction="DES")], _facing(270.0))
    path = tmp_path / "tracks.tsv"
    write_candidates(path, "X1", choice)
    first, second = read_table(path, COLUMNS)
    assert (first["relative_orbit"], first["chosen"], first["visible_share"]) == (
        "117",
        "1",
        "1.00",
    )
    assert first["before"] == "2021-05-29 2021-06-10 2021-06-22"
    assert (first["longest_gap_days"], first["incidence"]) == ("12", "38")
    assert (second["relative_orbit"], second["chosen"], second["orbit"]) == ("15", "0", "ASC")
    assert second["reason"]


def test_the_choice_is_written_as_acquisitions(server: CatalogueServer) -> None:
    """A date of two slices has two rows."""
    one = _pass(EVENT + timedelta(days=1), shift=(0.0, -EDGE))
    two = replace(one, start=one.start + timedelta(seconds=25), centre=(10.0, 45.0 + EDGE))
    before = _pass(EVENT - timedelta(days=11))
    rows = acquisitions_of("X1", _choose(server, [before, one, two]))
    assert [(r.event, r.sensor, r.epoch, r.date, r.product) for r in rows] == [
        ("X1", "sentinel1", "PRE1", "2021-06-22", before.name),
        ("X1", "sentinel1", "POST1", "2021-07-04", one.name),
        ("X1", "sentinel1", "POST1", "2021-07-04", two.name),
    ]


def test_what_was_searched_is_told_in_words() -> None:
    service = Cdse("https://me:hidden@example.org/odata?key=hidden")
    start = datetime(2021, 4, 4, tzinfo=UTC)
    words = search_words(service, AREA, start, start + timedelta(days=90), ("S1B", "S1A"))
    assert words == (
        "https://example.org/odata, 2021-04-04 to 2021-07-03, S1A/S1B,"
        " 9.980 to 10.020 east, 44.980 to 45.020 north"
    )


# ---------------------------------------------------------------- the published events


def _published() -> list[dict[str, str]]:
    if not DATA:
        return []
    path = Path(DATA, "paper_dataset_meta", "events.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _around(row: dict[str, str], place: tuple[float, float]) -> list[Slice]:
    """A catalogue around a published event: its own dates and further ones, and other tracks."""
    own = [date.fromisoformat(row[f"s1_{epoch}"]) for epoch in EPOCHS]
    step = timedelta(days=12)
    dates = [own[0] - 2 * step, own[0] - step, *own, own[-1] + step, own[-1] + 2 * step]
    direction = row["orbit"]
    other = {"ASC": "DES", "DES": "ASC"}[direction]

    def slices(
        days: Sequence[date], track: int, way: str, shift: tuple[float, float] = (0, 0)
    ) -> list[Slice]:
        centre = (place[0] + shift[0], place[1] + shift[1])
        clock = time(17, track % 60)
        return [Slice(datetime.combine(day, clock, UTC), track, way, centre, "S1A") for day in days]

    # The radar comes from the west on ascending tracks: its near edge is in the west.
    east = 0.8 if direction == "ASC" else -0.8
    return [
        *slices(dates, 44, direction),
        # One day off, complete: the area lies at its near edge, where slopes are foreshortened.
        *slices([day + timedelta(days=1) for day in dates], 145, direction, (east, 0)),
        # Closer to the event, but a date is missing on each side.
        *slices([own[1], own[2], own[3], own[4]], 72, direction),
        # Over a part of the area only.
        *slices(dates, 73, direction, (0, EDGE)),
        # From the other side, as good.
        *slices([day + timedelta(days=2) for day in dates], 101, other),
        # The same dates processed again, and in one polarisation.
        *(replace(one, processed=datetime(2025, 1, 1)) for one in slices(own, 44, direction)),
        *(replace(one, polarisation="SV") for one in slices([own[2]], 44, direction)),
    ]


@pytest.mark.skipif(not DATA, reason="SCARP_TEST_DATA is not set")
def test_the_dates_of_the_published_events_are_chosen(server: CatalogueServer) -> None:
    """From one catalogue of all 28, over pages, with other tracks and dates around them."""
    server.rows.clear()
    events = _published()
    assert len(events) == 28
    places = [(-150.0 + 10 * n, 40.0 - 2 * n) for n in range(len(events))]
    for row, place in zip(events, places, strict=True):
        server.add(_around(row, place))
    service = Cdse(server.url("/odata/v1/Products"))
    for row, (x, y) in zip(events, places, strict=True):
        day = date.fromisoformat(row["event_date"])
        area = (x - 0.02, y - 0.02, x + 0.02, y + 0.02)
        middle = datetime.combine(day, time(), UTC)
        scenes = search_scenes(
            service, area, middle - timedelta(days=90), middle + timedelta(days=90)
        )
        slopes = _facing(look_azimuth(row["orbit"], y) + 180, 18.0)
        target = Target(row["eid"], day, area, orbit=row["orbit"])
        choice = choose_dates(scenes, target, SEARCHED, slopes)
        told = [str(one.date) for one in choice.dates.values()]
        assert told == [row[f"s1_{epoch}"] for epoch in EPOCHS], row["eid"]
        assert choice.chosen.track.relative_orbit == 44
        reasons = {c.track.relative_orbit: c.reason.split()[0] for c in choice.candidates}
        assert reasons == {44: "best", 145: "sees", 72: "fewer", 73: "covers", 101: "left"}
        assert all(s.processed.year == 2025 for one in choice.dates.values() for s in one.scenes)


@pytest.mark.skipif(not DATA, reason="SCARP_TEST_DATA is not set")
@pytest.mark.parametrize("event", ["IT0001", "IS0001"])
def test_published_dates_of_one_satellite_are_chosen_with_that_one(
    server: CatalogueServer, event: str
) -> None:
    """In Europe Sentinel-1B passed between them, which the study left out."""
    row = next(row for row in _published() if row["eid"] == event)
    day = date.fromisoformat(row["event_date"])
    first = (date.fromisoformat(row["s1_pre3"]) - day).days
    slices = [
        *_track(44, range(first - 24, 90, 12), event=day, direction=row["orbit"]),
        *_track(44, range(first - 18, 90, 12), event=day, direction=row["orbit"], mission="S1B"),
    ]
    scenes = _scenes(server, slices)
    target = Target(event, day, AREA, orbit=row["orbit"])
    published = [row[f"s1_{epoch}"] for epoch in EPOCHS]
    both = choose_dates(scenes, target, SEARCHED)
    assert both.chosen.gaps == [6] * 5
    alone = choose_dates([s for s in scenes if s.name.mission == "S1A"], target, SEARCHED)
    assert [str(one.date) for one in alone.dates.values()] == published
