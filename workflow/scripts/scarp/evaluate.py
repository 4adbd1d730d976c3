"""Predicting with one model at every test site and on every validation patch; its scores."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.errors import DataError, Fault
from scarp.metrics import count
from scarp.model_description import Description, check_channels
from scarp.model_file import load
from scarp.patches import read_flags, read_table
from scarp.predict import predict_patches
from scarp.prediction import assemble, at_least, quantise, reference_of, window_of, write_prediction
from scarp.split_files import patches_by_event, read_test_list
from scarp.training.device import choose
from scarp.training.settings import DeviceChoice
from scarp.tsv import write_table
from scarp.unet import UNet

logger = logging.getLogger("scarp")

_COUNTS = ("tp", "fp", "fn", "tn")
SCORES_COLUMNS = (
    *("site", "role", "source", "patches"),
    *_COUNTS,
    *("precision", "recall", "f1", "iou"),
)
PATCHES_COLUMNS = ("site", "patch", "row", "column", *_COUNTS)


@dataclass(frozen=True)
class Validation:
    """The patches that chose a model's epoch.

    Attributes
    ----------
    patches: list of them (`scarp.split_files.read_patch_list`).
    patch_files: event -> its patches file, for every event of the list.
    """

    patches: str | Path
    patch_files: Mapping[str, str | Path]


def evaluate(
    model_path: str | Path,
    patch_files: Mapping[str, str | Path],
    test_tables: Mapping[str, str | Path],
    validation: Validation,
    folder: str | Path,
    device: DeviceChoice = "auto",
    threads: int = 1,
) -> None:
    """Predict the test patches of every site and the validation patches, and score the former.

    Writes into `folder`: predictions/{site}.tif, validation/{event}.tif, scores.tsv
    (`SCORES_COLUMNS`, a row per site, every valid pixel of its test patches counted once) and
    scores_patches.tsv (`PATCHES_COLUMNS`, a row per patch; where patches overlap a pixel counts in
    each). All counts are taken from the probability as stored in predictions/{site}.tif. An
    undefined score is an empty cell.

    Parameters
    ----------
    patch_files: site -> its patches file.
    test_tables: site -> list of its patches that are tested, with its role. A published event on
        which its authors do not test has none, and gets no score.
    validation: the patches that chose the epoch.
    device: auto, cpu or cuda; auto takes a GPU where there is one. Computed in fp32.
    threads: CPU threads.

    Raises
    ------
    ModelError: the model is incomplete, or a site lacks one of its channels.
    DataError: no site has a patch to test.
    """
    arithmetic = choose(device, "fp32", threads)
    model, description = load(model_path)
    validated = patches_by_event(validation.patches)
    used = [patch_files[site] for site in test_tables]
    used += [validation.patch_files[event] for event in validated]
    for path in dict.fromkeys(map(str, used)):  # all of them before the first prediction
        check_channels(description, model_path, path, read_table(path).channels)
    model = model.to(arithmetic.device)
    results = Path(folder)
    sites: list[tuple[object, ...]] = []
    patches: list[tuple[object, ...]] = []
    for site, test_table in test_tables.items():
        tested, role = read_test_list(test_table)
        if not tested:
            logger.info("%s: no patch tests here in this split", site)
            continue
        site_row, patch_rows = _score_site(
            site,
            role,
            model,
            description,
            patch_files[site],
            np.array(tested, dtype=np.int64),
            results,
        )
        sites.append(site_row)
        patches += patch_rows
    if not sites:
        raise DataError(
            Fault(
                "list no patch to test",
                ", ".join(map(str, test_tables.values())),
                cure="give an event role dependent or independent, or make the split again",
            )
        )
    (results / "validation").mkdir(parents=True, exist_ok=True)
    for event, chosen in validated.items():
        file = results / "validation" / f"{event}.tif"
        _predict(event, model, description, validation.patch_files[event], chosen, file)
    write_table(results / "scores_patches.tsv", PATCHES_COLUMNS, patches)
    write_table(results / "scores.tsv", SCORES_COLUMNS, sites)


def _score_site(
    site: str,
    role: str,
    model: UNet,
    description: Description,
    path: str | Path,
    tested: NDArray[np.int64],
    results: Path,
) -> tuple[tuple[object, ...], list[tuple[object, ...]]]:
    """Write a site's prediction; return its row of scores.tsv and those of scores_patches.tsv."""
    table = read_table(path)
    if table.source not in description.sources:
        logger.warning(
            "site %s comes from source '%s'; model %s was trained on %s only",
            site,
            table.source,
            description.name,
            ", ".join(description.sources),
        )
    file = results / "predictions" / f"{site}.tif"
    stored = _predict(site, model, description, path, tested, file)
    landslide, scored = reference_of(path, tested)
    found = at_least(stored, description.threshold)
    counts = count(found, landslide, scored)
    scores = (counts.precision, counts.recall, counts.f1, counts.iou)
    logger.info(
        "%s: F1 %s on %d patches",
        site,
        "undefined" if counts.f1 is None else f"{counts.f1:.3f}",
        len(tested),
    )
    valid = read_flags(path, tested)[1] == 1
    rows: list[tuple[object, ...]] = []
    for position, patch in enumerate(tested):
        window = window_of(table, int(patch))
        height, width = found[window].shape
        part = count(found[window], landslide[window], valid[position, :height, :width])
        rows.append((site, int(patch), table.row[patch], table.column[patch], *astuple(part)))
    shown = ("" if score is None else f"{score:.6g}" for score in scores)
    return (site, role, table.source, len(tested), *astuple(counts), *shown), rows


def _predict(
    event: str,
    model: UNet,
    description: Description,
    path: str | Path,
    patches: NDArray[np.int64],
    file: Path,
) -> NDArray[np.uint16]:
    """Predict these patches of an event, and write and return the map that they make together."""
    table = read_table(path)
    valid = read_flags(path, patches)[1] == 1
    probability = predict_patches(model, description, path, patches)
    stored = quantise(assemble(table, patches, probability, valid))
    tags = {"model": description.name, "event": event, "threshold": str(description.threshold)}
    write_prediction(file, stored, table.grid, table.source, tags)
    return stored
