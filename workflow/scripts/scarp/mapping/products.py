"""All that a map of an event is beside its rasters, from them and the record of its models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.log import logger
from scarp.mapping.changes import changes_since, write_changes
from scarp.mapping.geopackage import write_geopackage
from scarp.mapping.page import write_page
from scarp.mapping.polygons import map_polygons
from scarp.mapping.qgis_style import write_probability_style
from scarp.mapping.quicklook import write_quicklook
from scarp.mapping.rasters import Rasters
from scarp.mapping.scored import score_map, write_map_scores
from scarp.mapping.settings import MapModel, MapSettings, model_from_dict
from scarp.mapping.summary import summarise, write_summary
from scarp.mapping.versions import keep_version


@dataclass(frozen=True)
class ProductFiles:
    """Where the products of a map go; all in one folder.

    `polygons_style` stands beside `polygons` under the same name, where QGIS looks for it.
    """

    polygons: Path
    polygons_style: Path
    style: Path
    summary: Path
    scores: Path
    changes: Path
    quicklook: Path
    page: Path


def make_products(
    rasters: Rasters, record: Path, settings: MapSettings, versions: Path, out: ProductFiles
) -> None:
    """Make polygons, styles, summary, scores, quick-look and page of a map.

    Parameters
    ----------
    record: model.json of the models that made it.
    versions: folder in which versions of this map are kept (`scarp.mapping.versions`).

    Raises
    ------
    DataError: a file is missing or malformed; see `scarp.mapping.polygons`.
    """
    model = _read_record(record)
    polygons = map_polygons(rasters, model, settings)
    write_geopackage(polygons.table, out.polygons, model.threshold)
    write_probability_style(out.style)
    summary = summarise(polygons, rasters, model, settings)
    write_summary(summary, out.summary)
    logger.info("%s: %d landslides, %.0f m2", summary.event, summary.landslides, summary.area_m2)
    scores = score_map(rasters, model.threshold)
    write_map_scores(out.scores, scores)
    before = keep_version(versions, (record, out.summary, out.polygons))
    changes = changes_since(
        summary,
        polygons.table,
        before and before / out.summary.name,
        before and before / out.polygons.name,
    )
    write_changes(changes, out.changes)
    write_quicklook(rasters, polygons, model, summary, out.quicklook)
    told = {
        out.polygons: "landslides as polygons, with their style",
        rasters.probability: "probability of landslide, a Cloud-Optimised GeoTIFF",
        rasters.uncertainty: "its spread over the models",
        rasters.valid: "where the map says something",
        out.summary: "the numbers of this page",
        out.quicklook: "a picture",
        record: "the models, and why they were chosen",
    }
    downloads = [(path.name, what) for path, what in told.items()]
    write_page(rasters, polygons, model, summary, changes, out.page, scores, downloads)


def _read_record(path: Path) -> MapModel:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fault = Fault(
            f"cannot be read ({error})",
            str(path),
            cure="delete it and let the workflow choose the models again",
        )
        raise DataError(fault) from None
    return model_from_dict(found, str(path))
