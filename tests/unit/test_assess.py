"""Tables of one model from its stored predictions, against counts made pixel by pixel."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from scarp.assess import SiteFiles, Tables, assess
from scarp.errors import DataError
from scarp.grid import Grid
from scarp.model_file import save
from scarp.patches import read_table
from scarp.prediction import quantise, reference_of, write_prediction
from scarp.strata import SLOPE_EDGES, size_strata, slope_strata
from scarp.strata_file import write_strata
from tiny import tiny_patches, write_patch_list, write_test_list
from tiny_model import DESCRIPTION, network

CHANNELS = ("POST1_B04", "None_SLOPE")
#: Of the probabilities, by which an over-confident model is made from an honest one.
TOO_SURE = 3.0


def _stored(path: Path, patches: list[int], seed: int) -> NDArray[np.uint16]:
    """A map whose logit, divided by `TOO_SURE`, is honest about the reference.

    Pixels of the reference are landslide in the share that the honest probability says: drawn by
    Bayes from two overlapping normal distributions.
    """
    landslide, scored = reference_of(path, np.array(patches))
    random = np.random.default_rng(seed)
    share = max(landslide[scored].mean(), 0.02)
    signal = random.normal(np.where(landslide, 1.0, -1.0), 1.0)
    honest = expit(2 * signal + logit(share))
    sure = expit(TOO_SURE * logit(honest)).astype(np.float32)
    return quantise(np.where(scored, sure, np.nan).astype(np.float32))


class Made:
    """A model's folder with predictions of two sites and two validation events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = folder / "model"
        self.patches = {
            "S": tiny_patches(
                folder, "S", channels=CHANNELS, height=128, width=128, size=64, stride=64
            ),
            "T": tiny_patches(folder, "T", channels=CHANNELS, landslide=False),
            "U": tiny_patches(
                folder, "U", channels=CHANNELS, height=128, width=128, size=64, stride=64
            ),
        }
        self.tested = {"S": [0, 1, 3], "T": [2, 3]}
        self.validated = {"U": [0, 1, 2, 3]}
        self.stored = {
            name: self._predict(name, kind, patches)
            for kind, listed in (("predictions", self.tested), ("validation", self.validated))
            for name, patches in listed.items()
        }
        save(self.model / "model.safetensors", network().state_dict(), DESCRIPTION)
        self.sites = {
            name: SiteFiles(
                self.patches[name],
                write_test_list(folder / f"{name}.tsv", name, patches, "independent"),
                None,
            )
            for name, patches in self.tested.items()
        }
        random = np.random.default_rng(5)
        self.slope = random.uniform(0, 60, (128, 128)).astype(np.float32)
        strata = [
            slope_strata(self.slope),
            size_strata(reference_of(self.patches["S"], np.arange(4))[0], 10.0),
        ]
        grid = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, 128, 128)
        write_strata(folder / "S.tif", grid, strata)
        self.sites["S"] = replace(self.sites["S"], strata=folder / "S.tif")
        self.validation = write_patch_list(
            folder / "validation.tsv", [("U", patch) for patch in self.validated["U"]]
        )

    def _predict(self, name: str, kind: str, patches: list[int]) -> NDArray[np.uint16]:
        stored = _stored(self.patches[name], patches, len(name + kind))
        table = read_table(self.patches[name])
        path = self.model / kind / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_prediction(path, stored, table.grid, "simulated", {})
        return stored

    def assess(self, out: Path) -> dict[str, list[dict[str, str]]]:
        """Rows of every table."""
        names = Tables.__dataclass_fields__
        tables = Tables(**{name: out / f"{name}.tsv" for name in names})
        assess(self.model, self.sites, self.validation, self.patches, tables)
        return {name: _rows(out / f"{name}.tsv") for name in names}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("assess"))


@pytest.fixture(scope="module")
def tables(made: Made) -> dict[str, list[dict[str, str]]]:
    return made.assess(made.folder / "out")


def test_a_row_per_site_and_one_for_validation(tables: dict[str, list[dict[str, str]]]) -> None:
    rows = tables["measures"]
    assert [(row["site"], row["role"], row["source"]) for row in rows] == [
        ("validation", "validation", ""),
        ("S", "independent", "simulated"),
        ("T", "independent", "simulated"),
    ]
    empty = rows[2]
    assert empty["landslide"] == "0" and int(empty["pixels"]) == 2 * 32 * 32
    undefined = ("recall", "f1", "iou", "mcc", "average_precision", "boundary_iou_1", "f1_chosen")
    assert {empty[name] for name in undefined} == {""}
    assert float(empty["brier"]) > 0


def test_scores_are_those_of_the_stored_map(
    made: Made, tables: dict[str, list[dict[str, str]]]
) -> None:
    """Counted here from the map and the reference, at 0.5 and at the chosen threshold."""
    row = tables["measures"][1]
    landslide, scored = reference_of(made.patches["S"], np.array(made.tested["S"]))
    probability = made.stored["S"][scored] / 65534
    true = landslide[scored]
    assert (int(row["pixels"]), int(row["landslide"])) == (true.size, true.sum())
    for threshold, ending in ((0.5, ""), (float(row["threshold"]), "_chosen")):
        found = probability >= threshold - 1e-6
        tp, fp = (found & true).sum(), (found & ~true).sum()
        fn = (~found & true).sum()
        assert float(row[f"f1{ending}"]) == pytest.approx(2 * tp / (2 * tp + fp + fn), rel=1e-4)
        assert float(row[f"precision{ending}"]) == pytest.approx(tp / (tp + fp), rel=1e-4)
        correlation = np.corrcoef(found, true)[0, 1]
        assert float(row[f"mcc{ending}"]) == pytest.approx(correlation, rel=1e-4)
    assert float(row["brier"]) == pytest.approx(np.square(probability - true).mean(), rel=1e-5)
    assert float(row["threshold"]) != 0.5


def test_temperature_and_threshold_come_from_validation_and_repair_an_over_confident_model(
    made: Made, tables: dict[str, list[dict[str, str]]]
) -> None:
    held, site, _ = tables["measures"]
    assert float(held["temperature"]) == pytest.approx(TOO_SURE, rel=0.15)
    for name in ("temperature", "threshold"):
        assert site[name] == held[name]
    for row in (held, site):
        assert float(row["ece_calibrated"]) < 0.5 * float(row["ece"])
        assert float(row["brier_calibrated"]) < float(row["brier"])
    assert float(held["f1_chosen"]) >= float(held["f1"])
    curve = [row for row in tables["thresholds"] if row["site"] == "validation"]
    assert len(curve) == 99
    assert max(float(row["f1"]) for row in curve) <= float(held["f1_chosen"]) + 1e-6


def test_a_test_site_chooses_nothing(made: Made, tmp_path: Path) -> None:
    """With other predictions at the sites, temperature and threshold stay."""
    before = made.assess(tmp_path / "before")["measures"]
    path = made.model / "predictions" / "S.tif"
    kept = path.read_bytes()
    try:
        table = read_table(made.patches["S"])
        other = np.where(made.stored["S"] == 65535, 65535, 100).astype(np.uint16)
        write_prediction(path, other, table.grid, "simulated", {})
        after = made.assess(tmp_path / "after")["measures"]
    finally:
        path.write_bytes(kept)
    assert after[1]["f1"] != before[1]["f1"]
    for name in ("temperature", "threshold"):
        assert after[1][name] == before[1][name]


def test_reliability_holds_every_pixel_of_a_part_once(
    made: Made, tables: dict[str, list[dict[str, str]]]
) -> None:
    rows = tables["reliability"]
    for part, row in (("validation", tables["measures"][0]), ("test", None)):
        for calibrated in ("no", "yes"):
            own = [r for r in rows if (r["part"], r["calibrated"]) == (part, calibrated)]
            assert [int(r["bin"]) for r in own] == list(range(len(own)))
            expected = (
                int(row["pixels"])
                if row
                else sum(int(one["pixels"]) for one in tables["measures"][1:])
            )
            assert sum(int(r["pixels"]) for r in own) == expected


def test_strata_and_objects_add_up_to_the_site(
    made: Made, tables: dict[str, list[dict[str, str]]]
) -> None:
    strata = [row for row in tables["strata"] if row["kind"] == "slope"]
    assert len(strata) == len(SLOPE_EDGES) + 1 and {row["site"] for row in strata} == {"S"}
    landslide, scored = reference_of(made.patches["S"], np.array(made.tested["S"]))
    counts = [sum(int(row[name]) for row in strata) for name in ("tp", "fp", "fn", "tn")]
    assert sum(counts) == scored.sum() and counts[0] + counts[2] == landslide.sum()
    steep = scored & landslide & (made.slope >= 40)
    assert int(strata[-1]["tp"]) + int(strata[-1]["fn"]) == steep.sum()
    sizes = [row for row in tables["strata"] if row["kind"] == "size"]
    assert {row["fp"] for row in sizes} == {""}
    every = [row for row in tables["object_counts"] if row["size_class"] == "all"]
    assert [row["rule"] for row in every if row["site"] == "S"] == [
        *("any", "iou_0.1", "iou_0.3", "iou_0.5")
    ]
    listed = [row for row in tables["objects"] if row["site"] == "S"]
    for row in (row for row in every if row["site"] == "S"):
        own = [one[row["rule"]] for one in listed if one["side"] == "reference"]
        assert [int(row["found"]), int(row["missed"])] == [own.count("1"), own.count("0")]
    assert float(every[0]["scored_km2"]) == pytest.approx(3 * 64 * 64 * 1e-4)


def test_equal_runs_write_equal_bytes(made: Made, tmp_path: Path) -> None:
    made.assess(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (made.folder / "out" / path.name).read_bytes()


def test_without_a_validation_patch_nothing_is_chosen(made: Made, tmp_path: Path) -> None:
    kept, made.validation = made.validation, write_patch_list(tmp_path / "none.tsv", [])
    try:
        rows = made.assess(tmp_path / "out")["measures"]
    finally:
        made.validation = kept
    assert rows[0]["pixels"] == "0"
    for row in rows:
        assert {row[name] for name in ("temperature", "threshold", "f1_chosen")} == {""}
    assert rows[1]["f1"] != ""


def test_a_map_that_lacks_a_tested_patch_is_refused(made: Made, tmp_path: Path) -> None:
    whole = write_test_list(tmp_path / "S.tsv", "S", [0, 1, 2, 3], "independent")
    kept, made.sites["S"] = made.sites["S"], replace(made.sites["S"], tests=whole)
    try:
        with pytest.raises(DataError, match="have no probability although they are scored"):
            made.assess(tmp_path / "out")
    finally:
        made.sites["S"] = kept
