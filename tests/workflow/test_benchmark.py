"""Real files of the Landslide4Sense benchmark go through the whole workflow."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml

from project import Project

DATA = Path(os.environ.get("SCARP_TEST_DATA", ""), "l4s_h5")
needs_data = pytest.mark.skipif(
    not os.environ.get("SCARP_TEST_DATA") or not DATA.is_dir(),
    reason="SCARP_TEST_DATA does not lead to the folder l4s_h5",
)


@needs_data
def test_real_hdf5_tiles_are_read_trained_on_and_mapped(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    settings = yaml.safe_load(project.read("config/landslide4sense.yaml"))
    settings["landslide4sense"] = {"path": str(DATA), "format": "hdf5"}
    settings["study"] = {"features": ["rgb-nir-swir-terrain"]}
    settings["scaling"]["scope"] = "train"
    settings["split"] = {"validation": 0.5}
    settings["model"] = {"base_width": 2, "blocks": 2}
    settings["training"] = {"epochs": 1, "device": "cpu", "threads": 1}
    (project.folder / "config" / "hdf5.yaml").write_text(yaml.safe_dump(settings))
    sites = {"L4S-0042": "42-42", "L4S-0168": "168-168", "L4S-1002": "1002-1002"}
    (project.folder / "config" / "landslide4sense" / "events.tsv").write_text(
        "event\tdate\taoi\trole\n"
        + "".join(
            f"{site}\t2018-01-01\t{block}\t{'independent' if site == 'L4S-1002' else 'train'}\n"
            for site, block in sites.items()
        )
    )
    (project.folder / "config" / "landslide4sense" / "acquisitions.tsv").write_text(
        "event\tsensor\tepoch\tdate\n" + "".join(f"{site}\tsentinel2\tPOST1\t\n" for site in sites)
    )
    project.run("--cores", "2", "--configfile", "config/hdf5.yaml")

    results = project.folder / "results" / "landslide4sense"
    model = results / "models" / "roles" / "rgb-nir-swir-terrain" / "0pre-1post" / "seed1"
    with rasterio.open(model / "predictions" / "L4S-1002.tif") as prediction:
        stored = prediction.read(1)
    assert stored.shape == (128, 128)
    assert (stored <= 65534).all()
    with (model / "scores.tsv").open(encoding="utf-8") as file:
        (score,) = csv.DictReader(file, delimiter="\t")
    counted = sum(int(score[name]) for name in ("tp", "fp", "fn", "tn"))
    assert counted == 128 * 128
    reference = int(score["tp"]) + int(score["fn"])
    assert reference == np.asarray(_mask(1002)).sum()


def _mask(number: int) -> np.ndarray:
    import h5py

    with h5py.File(DATA / f"mask_{number}.h5") as file:
        return np.asarray(file["mask"])
