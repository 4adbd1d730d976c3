"""All products of a map in one go, its versions, and scores once a reference is known."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scarp.errors import DataError
from scarp.mapping.geopackage import read_landslides
from scarp.mapping.products import ProductFiles, make_products
from scarp.mapping.qgis_style import COLOURS, FIELD
from scarp.mapping.rasters import Rasters
from scarp.mapping.scored import score_map
from scarp.mapping.settings import MapSettings
from tiny_map import CRS, MODEL, drawn, write_map

ALL = MapSettings(minimum_m2=0, simplify_m=0)
MAP = drawn(
    *("#####.....", "#####.....", "......+++.", "......+++."),
    *("......+++.", "..........", "......??..", "-.........", ".........."),
)


def files(folder: Path) -> ProductFiles:
    names = ("summary.json", "scores.tsv", "changes.json", "quicklook.png", "map.html")
    styles = (folder / "landslides.qml", folder / "probability.qml")
    return ProductFiles(folder / "landslides.gpkg", *styles, *(folder / name for name in names))


def make(folder: Path, rasters: Rasters) -> ProductFiles:
    record = folder / "model.json"
    record.write_text(json.dumps(asdict(MODEL)), encoding="utf-8")
    out = files(folder)
    make_products(rasters, record, ALL, folder / "versions", out)
    return out


def test_every_product_is_made_and_made_again_to_the_same_bytes(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, MAP)
    out = make(tmp_path, rasters)
    first = {path: path.read_bytes() for path in vars(out).values()}
    assert len(read_landslides(out.polygons)) == 2
    assert json.loads(out.changes.read_text())["then"] is None
    assert out.scores.read_text() == "score\tvalue\n"
    make(tmp_path, rasters)
    assert {path: path.read_bytes() for path in vars(out).values()} == first
    page = out.page.read_text(encoding="utf-8")
    assert all(name in page for name in ("landslides.gpkg", "probability.tif", "model.json"))


def test_qgis_draws_a_map_as_its_styles_say(tmp_path: Path) -> None:
    """In QGIS itself: its own Python is Debian's, Conda's or that of its installer."""
    pythons = ("python3", "/usr/bin/python3")
    ready = [name for name in pythons if has_qgis(name)]
    if not ready:
        pytest.skip("no Python with QGIS: neither python3 nor /usr/bin/python3 imports qgis.core")
    make(tmp_path, write_map(tmp_path, MAP))
    picture = tmp_path / "picture.png"
    script = Path(__file__).with_name("in_qgis.py")
    done = subprocess.run(
        [ready[0], script, tmp_path, picture], capture_output=True, text=True, check=True
    )
    assert "Non-conformant" not in done.stderr
    drawn_by_qgis = json.loads(done.stdout)
    assert drawn_by_qgis["crs"] == [CRS, CRS]
    colours = list(COLOURS)
    assert drawn_by_qgis["steps"] == [
        [0.0, colours[0], 0],
        *([pytest.approx(0.2 * (n + 1)), colour, 255] for n, colour in enumerate(colours)),
    ]
    assert drawn_by_qgis["column"] == FIELD
    assert [colour for _, colour in drawn_by_qgis["classes"]] == colours
    assert drawn_by_qgis["classes"][0][0] == "0.50 to 0.60"
    assert drawn_by_qgis["shapes"] == 2
    assert drawn_by_qgis["classed"] == [1, 1]
    assert drawn_by_qgis["aliases"]["area_m2"] == "area of its pixels (m²)"
    assert "probability" in drawn_by_qgis["tip"]
    with Image.open(picture) as image:
        assert len(image.convert("RGB").getcolors(600 * 600)) > 3


def has_qgis(python: str) -> bool:
    asked = [python, "-c", "import qgis.core"]
    return bool(shutil.which(python)) and subprocess.run(asked, capture_output=True).returncode == 0


def test_a_second_map_tells_what_changed_and_a_third_run_tells_the_same(tmp_path: Path) -> None:
    make(tmp_path, write_map(tmp_path, MAP))
    changed = MAP.copy()
    changed[:2, :5] = 0.0
    changed[8, :3] = 0.8
    rasters = write_map(tmp_path, changed)
    out = make(tmp_path, rasters)
    told = json.loads(out.changes.read_text())
    assert (told["then"]["landslides"], told["now"]["landslides"]) == (2, 2)
    assert (len(told["new"]), len(told["kept"]), len(told["gone"])) == (1, 1, 1)
    before = out.changes.read_bytes()
    make(tmp_path, rasters)
    assert out.changes.read_bytes() == before


def test_a_reference_that_comes_later_scores_the_map(tmp_path: Path) -> None:
    """By hand: 10 pixels found of 18, 9 false; one landslide found, one below nine pixels."""
    mask = np.zeros(MAP.shape, dtype=np.uint8)
    mask[:2, :6] = 1  # two pixels more than the map shows
    mask[5:, 6:8] = 1  # eight, of which two have no probability
    mask[7:, :3] = 255
    rasters = write_map(tmp_path, MAP, mask=mask)
    found = dict(score_map(rasters, 0.5))
    tp, fp, fn = 10, 9, 2 + 6
    assert found["precision"] == f"{tp / (tp + fp):.3f}"
    assert found["recall"] == f"{tp / (tp + fn):.3f}"
    assert found["f1"] == f"{2 * tp / (2 * tp + fp + fn):.3f}"
    scored = MAP.size - 2 - 6
    assert found["scored_km2"] == f"{scored * 1e-4:.2f}"
    # Twelve pixels are a landslide that is found; the six scored ones of the other are too few.
    assert (found["landslides_found"], found["landslides_missed"]) == ("1", "0")
    page = make(tmp_path, rasters).page.read_text(encoding="utf-8")
    assert found["f1"] in page


def test_without_a_reference_there_is_no_score(tmp_path: Path) -> None:
    assert score_map(write_map(tmp_path, MAP), 0.5) == []


def test_a_record_that_is_none_is_named(tmp_path: Path) -> None:
    rasters = write_map(tmp_path, MAP)
    for text in ("no json", "{}"):
        (tmp_path / "model.json").write_text(text)
        with pytest.raises(DataError) as error:
            make_products(
                rasters, tmp_path / "model.json", ALL, tmp_path / "versions", files(tmp_path)
            )
        assert error.value.faults[0].offender == str(tmp_path / "model.json")
    assert not (tmp_path / "landslides.gpkg").exists()
