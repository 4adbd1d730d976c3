"""The quick-look and the page of a map: what they show, and that the page stands alone."""

from __future__ import annotations

import html
import io
import json
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image

from scarp.cube import open_cube
from scarp.mapping import page, pictures
from scarp.mapping.changes import Changes, Version, changes_since
from scarp.mapping.page import write_page
from scarp.mapping.pictures import OPTICAL, RADAR, Thinned, thinned
from scarp.mapping.polygons import map_polygons
from scarp.mapping.quicklook import write_quicklook
from scarp.mapping.rasters import Rasters, grid_of_raster
from scarp.mapping.settings import MapModel, MapSettings
from scarp.mapping.summary import summarise
from scarp.mapping.words import attributes_of, size
from tiny_map import MODEL, drawn, write_map

ALL = MapSettings(minimum_m2=0, simplify_m=0)
LINES = ("###...", "###..#", "......", "..?..+")
SHAPE = (4, 6)


def layers(*names: str, value: float = 0.1) -> dict[str, NDArray[np.float32]]:
    ramp = np.linspace(value, 2 * value, 24, dtype=np.float32).reshape(SHAPE)
    return {name: ramp.copy() for name in names}


OPTICAL_LAYERS = tuple(f"{e}_{b}" for e in ("PRE1", "POST1") for b in ("B04", "B03", "B02"))
RADAR_LAYERS = ("PRE1_gVV", "POST1_gVV")


class Reader(HTMLParser):
    """Tags of a page with their attributes, and whether each that needs an end has one."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def made(
    rasters: Rasters,
    path: Path,
    model: MapModel = MODEL,
    changes: Changes | None = None,
    **more: Any,
) -> str:
    found = map_polygons(rasters, model, ALL)
    summary = summarise(found, rasters, model, ALL)
    then = changes or changes_since(summary, found.table, None, None)
    write_page(rasters, found, model, summary, then, path, **more)
    return path.read_text(encoding="utf-8")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def data_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="landslides">(.*?)</script>', text)
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


def pictures_of(rasters: Rasters, most: int = 100) -> Thinned:
    with open_cube(rasters.cube) as cube:
        return thinned(cube, grid_of_raster(rasters.probability), rasters.probability, most)


@pytest.mark.parametrize("optical", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_a_page_stands_alone_with_and_without_what_may_lack(
    tmp_path: Path, optical: bool, whole: bool
) -> None:
    channels = layers(*(OPTICAL_LAYERS if optical else ()))
    more: dict[str, Any] = {}
    if whole:
        channels |= layers(*RADAR_LAYERS)
        more = {
            "uncertainty": np.full(SHAPE, 0.2, dtype=np.float32),
            "strata": np.ones(SHAPE, dtype=np.uint8),
        }
    text = made(write_map(tmp_path, drawn(*LINES), channels=channels, **more), tmp_path / "a.html")
    tags = read(text).tags
    for _, attributes in tags:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
            address = attributes.get(name)
            assert address is None or address.startswith(("data:image/", "#"))
    assert "://" not in text and "url(" not in text and "@import" not in text
    assert not {"link", "iframe", "object", "base"} & {tag for tag, _ in tags}
    images = [attributes for tag, attributes in tags if tag == "img"]
    assert [bool(one["alt"]) for one in images] == [True] * 3
    for one in images:
        Image.open(io.BytesIO(b64decode(str(one["src"]).partition(",")[2]))).load()
    assert ("Sentinel-2 natural colour, 2020-06-13" in text) == optical
    assert ("backscatter VV in dB, 2020-06-13" in text) == (whole and not optical)
    names = dict(zip(data_of(text)["names"], data_of(text)["rows"][0], strict=True))
    assert names["uncertainty"] == ("0.20" if whole else "\N{EN DASH}")
    assert names["in layover or shadow"] == ("100%" if whole else "\N{EN DASH}")
    assert "(simulated data)" in text and "nothing was observed" in text


def test_an_observed_event_is_not_called_simulated(tmp_path: Path) -> None:
    text = made(write_map(tmp_path, drawn(*LINES), source="scenes"), tmp_path / "a.html")
    assert "simulated" not in text.lower()


def test_all_text_is_escaped(tmp_path: Path) -> None:
    evil = "</script><script>alert('x')</script>&\""
    model = replace(
        MODEL, models=(evil,), features=evil, scenario=evil, why=evil, improve=(evil,),
        warnings=(evil,),
    )  # fmt: skip
    version = Version((evil,), evil, 1, 1.0)
    text = made(
        write_map(tmp_path, drawn(*LINES), event=evil),
        tmp_path / "a.html",
        model,
        Changes(version, version, (1,), (), (1,)),
        scores=[(evil, evil)],
        downloads=[("a b&.tif", evil)],
    )
    assert "<script>alert" not in text
    assert html.escape(evil) in text
    tags = read(text).tags
    assert [a["href"] for tag, a in tags if tag == "a"] == ["a%20b%26.tif"]
    assert sum(tag == "script" for tag, _ in tags) == 2


def test_every_landslide_can_be_chosen(tmp_path: Path) -> None:
    text = made(write_map(tmp_path, drawn(*LINES)), tmp_path / "a.html")
    tags, data = read(text).tags, data_of(text)
    assert [a["data-show"] for tag, a in tags if "data-show" in a] == ["1", "2", "3"]
    paths = [str(a["d"]) for tag, a in tags if tag == "path"]
    assert len(paths) == len(data["rows"]) == len(data["places"]) == 3
    points = [tuple(map(float, one.split(","))) for one in paths[0][1:-1].split("L")]
    assert sorted(points) == [(0, 0), (0, 2), (3, 0), (3, 2)]
    assert data["places"][0] == pytest.approx([1.5 / 6, 1 / 4, 3 / 6])
    assert dict(zip(data["names"], data["rows"][0], strict=True))["area"] == "600 m²"


def test_fewer_that_are_shown_than_there_are_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasters = write_map(tmp_path, drawn(*LINES))
    assert "largest of 3 landslides" not in made(rasters, tmp_path / "a.html")
    monkeypatch.setattr(page, "MOST_SHAPES", 2)
    monkeypatch.setattr(page, "MOST_ROWS", 1)
    text = made(rasters, tmp_path / "a.html")
    assert "shows the 2 largest of 3 landslides" in text
    assert "The 1 largest of 3." in text
    assert len(data_of(text)["rows"]) == 2


def test_numbers_of_the_summary_stand_on_the_page(tmp_path: Path) -> None:
    slope = np.full(SHAPE, 30, dtype=np.float32)
    slope[3] = 2
    rasters = write_map(tmp_path, drawn(*LINES), channels={"None_SLOPE": slope})
    settings = replace(ALL, slope_below=5, minimum_m2=200)
    found = map_polygons(rasters, MODEL, settings)
    summary = summarise(found, rasters, MODEL, settings)
    then = changes_since(summary, found.table, None, None)
    write_page(rasters, found, MODEL, summary, then, tmp_path / "a.html", [("F1", "0.81")])
    text = re.sub(r"<[^>]+>", " ", (tmp_path / "a.html").read_text(encoding="utf-8"))
    told = re.sub(r"[ \n]+", " ", text)
    for expected in (
        "landslide 1 ",
        "together 600 m²",
        "of 2\N{NARROW NO-BREAK SPACE}400 m² mapped 96%",
        "1 landslide below 200 m² was dropped, 100 m² together",
        "slope below 5 degrees 100 m² 1 6",
        "This is the first map of the event.",
        "F1 0.81",
        "A cloud-free image after the event.",
        "Clouds hide 12 % of the event.",
        "validation F1 0.700",
    ):
        assert expected in told


def test_an_event_without_a_landslide_has_a_page_and_a_picture(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn("...", ".?."))
    text = made(rasters, tmp_path / "a.html")
    read(text)
    assert "No landslide was found." in text
    assert data_of(text) == {"names": [], "rows": [], "places": []}
    found = map_polygons(rasters, MODEL, ALL)
    summary = summarise(found, rasters, MODEL, ALL)
    write_quicklook(rasters, found, MODEL, summary, tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size[0] > 1000


def test_pages_and_pictures_have_equal_bytes(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, drawn(*LINES), channels=layers(*OPTICAL_LAYERS))
    found = map_polygons(rasters, MODEL, ALL)
    summary = summarise(found, rasters, MODEL, ALL)
    for name in ("a", "b"):
        made(rasters, tmp_path / f"{name}.html")
        write_quicklook(rasters, found, MODEL, summary, tmp_path / f"{name}.png")
    for suffix in ("html", "png"):
        one, other = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
        assert one == other


def test_before_and_after_are_of_one_kind_where_they_can_be(tmp_path: Path) -> None:
    def kinds(channels: dict[str, NDArray[np.float32]]) -> list[tuple[str, str] | None]:
        found = pictures_of(write_map(tmp_path, drawn(*LINES), channels=channels))
        return [one and (one.kind, one.epoch) for one in (found.before, found.after)]

    both = layers(*OPTICAL_LAYERS, *RADAR_LAYERS)
    assert kinds(both) == [(OPTICAL, "PRE1"), (OPTICAL, "POST1")]
    clouded = {name: values.copy() for name, values in both.items()}
    clouded["POST1_B03"][:, :4] = np.nan  # two thirds
    assert kinds(clouded) == [(RADAR, "PRE1"), (RADAR, "POST1")]
    del clouded["POST1_gVV"]
    assert kinds(clouded) == [(OPTICAL, "PRE1"), None]
    later = layers("PRE2_gVV", "PRE3_gVV", "POST3_gVV")
    assert kinds(later) == [(RADAR, "PRE2"), (RADAR, "POST3")]
    assert kinds({}) == [None, None]


def test_thinned_pictures_are_means_of_blocks_wherever_rows_are_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    probability = random.random((23, 17)).astype(np.float32)
    probability[:4, :4] = np.nan
    power = random.random((23, 17)).astype(np.float32) + np.float32(0.1)
    rasters = write_map(tmp_path, probability, channels={"POST1_gVV": power})
    monkeypatch.setattr(pictures, "ROWS", 5)
    found = pictures_of(rasters, 6)
    assert (found.factor, found.probability.shape) == (4, (6, 5))
    assert np.isnan(found.probability[0, 0])
    assert found.probability[2, 1] == pytest.approx(probability[8:12, 4:8].mean(), abs=1e-4)
    assert found.probability[5, 4] == pytest.approx(probability[20:, 16:].mean(), abs=1e-4)
    assert found.after is not None and found.before is None
    decibel = 10 * np.log10([power[4 * y : 4 * y + 4, 4:8].mean() for y in range(6)])
    image = found.after.image[:, 1, 0].astype(np.float64)
    inner = (image > 0) & (image < 1)
    steps = np.polyfit(decibel[inner], image[inner], 1)
    np.testing.assert_allclose(np.polyval(steps, decibel[inner]), image[inner], atol=1e-3)


def test_shapes_come_to_lie_on_the_pictures(tmp_path: Path) -> None:
    found = pictures_of(write_map(tmp_path, drawn("....", "..##")), 2)
    box = np.array([shapely.box(500_020, 4_999_980, 500_040, 4_999_990)], dtype=np.object_)
    assert found.to_pixels(box)[0].bounds == pytest.approx((1, 0.5, 2, 1))


def test_areas_and_unknown_values_are_told_in_words() -> None:
    assert [size(v) for v in (900, 12_000, 2_600_000, 1.2e8)] == [
        "900 m²",
        "1.2 ha",
        "2.60 km²",
        "120 km²",
    ]
    row = {"id": 3, "area_m2": 900.0, "slope_mean": np.nan, "latitude": -1.25}
    assert attributes_of(row, row) == [
        ("number", "3"),
        ("area", "900 m²"),
        ("slope (°)", "\N{EN DASH}"),
        ("latitude", "\N{MINUS SIGN}1.25000"),
    ]
