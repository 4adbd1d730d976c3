"""All that a model's stored predictions say beside its scores; nothing is predicted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarp.assessment_rows import (
    COUNTS_OF_OBJECTS_COLUMNS,
    MEASURES_COLUMNS,
    RELIABILITY_COLUMNS,
    STRATA_COLUMNS,
    THRESHOLDS_COLUMNS,
    VALIDATION,
    Chosen,
    Row,
    Site,
    boundary_row,
    counts_of_objects,
    curve,
    measures,
    reliability_rows,
    rows_of_objects,
    strata_rows,
)
from scarp.boundary import DISTANCES
from scarp.model_description import read_description
from scarp.object_counts import OBJECTS_COLUMNS
from scarp.objects import compare_objects
from scarp.patches import read_table
from scarp.prediction import at_least, read_prediction, reference_of
from scarp.probability import Histogram, best_f1, histogram
from scarp.split_files import patches_by_event, read_test_list
from scarp.temperature import fit_temperature
from scarp.tsv import write_table


@dataclass(frozen=True)
class SiteFiles:
    """Files of a test site; `strata` is None where its strata are not known."""

    patches: str | Path
    tests: str | Path
    strata: str | Path | None


@dataclass(frozen=True)
class Tables:
    """Where the tables of a model go."""

    measures: str | Path
    reliability: str | Path
    thresholds: str | Path
    objects: str | Path
    object_counts: str | Path
    strata: str | Path


def assess(
    folder: str | Path,
    sites: Mapping[str, SiteFiles],
    validation: str | Path,
    patch_files: Mapping[str, str | Path],
    out: Tables,
) -> None:
    """Write the tables of a model; docs/outputs.md says what their columns mean.

    Temperature and threshold are chosen on the validation patches and never on a site. Objects,
    outlines and strata are those of the model's own threshold. An undefined score is an empty cell.

    Parameters
    ----------
    folder: of the model, with model.safetensors, predictions/{site}.tif and validation/{event}.tif.
    sites: those that may test; one without a test patch has no row.
    validation: list of validation patches. patch_files: event -> patches file, for its events.

    Raises
    ------
    ModelError, DataError: a file is missing or malformed, or a prediction lacks a scored pixel.
    """
    model = Path(folder)
    threshold = read_description(model / "model.safetensors").threshold
    held = _validation(model / "validation", validation, patch_files)
    best = best_f1(held)
    chosen = Chosen(fit_temperature(held), best[0] if best else None)
    no_outline = [""] * len(DISTANCES)
    measured: list[Row] = [
        (VALIDATION, VALIDATION, "", *measures(held, threshold, chosen), *no_outline)
    ]
    curves = list(curve(VALIDATION, VALIDATION, held))
    objects: list[Row] = []
    counts: list[Row] = []
    strata: list[Row] = []
    tested = Histogram.empty()
    for name, files in sites.items():
        if not read_test_list(files.tests)[0]:
            continue
        stored = read_prediction(model / "predictions" / f"{name}.tif")
        site = _site(name, files, at_least(stored, threshold))
        pixels = histogram(stored, site.landslide, site.scored)
        tested += pixels
        identity = (name, site.role, site.source)
        measured.append((*identity, *measures(pixels, threshold, chosen), *boundary_row(site)))
        curves += curve(name, site.role, pixels)
        comparison = compare_objects(
            site.found, site.landslide, site.scored, pixel_size=site.resolution
        )
        objects += rows_of_objects(site, comparison)
        counts += counts_of_objects(site, comparison)
        if files.strata is not None:
            strata += strata_rows(site, files.strata)
    write_table(out.measures, MEASURES_COLUMNS, measured)
    write_table(
        out.reliability,
        RELIABILITY_COLUMNS,
        (
            *reliability_rows(VALIDATION, held, chosen.temperature),
            *reliability_rows("test", tested, chosen.temperature),
        ),
    )
    write_table(out.thresholds, THRESHOLDS_COLUMNS, curves)
    write_table(out.objects, ("site", *OBJECTS_COLUMNS), objects)
    write_table(out.object_counts, COUNTS_OF_OBJECTS_COLUMNS, counts)
    write_table(out.strata, STRATA_COLUMNS, strata)


def _validation(
    folder: Path, validation: str | Path, patch_files: Mapping[str, str | Path]
) -> Histogram:
    """Pixels of all validation events together, each counted once."""
    total = Histogram.empty()
    for event, patches in patches_by_event(validation).items():
        landslide, scored = reference_of(patch_files[event], patches)
        total += histogram(read_prediction(folder / f"{event}.tif"), landslide, scored)
    return total


def _site(name: str, files: SiteFiles, found: NDArray[np.bool_]) -> Site:
    """A site beside its reference."""
    tested, role = read_test_list(files.tests)
    table = read_table(files.patches)
    landslide, scored = reference_of(files.patches, np.array(tested, dtype=np.int64))
    return Site(name, role, table.source, table.grid.resolution, found, landslide, scored)
