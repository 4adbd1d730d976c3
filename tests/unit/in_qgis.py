"""Run by the Python of QGIS: prints as JSON how QGIS would draw the map in a folder.

python3 tests/unit/in_qgis.py results/maps/EVENT picture.png
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize


def drawn(folder: str, picture: str) -> dict[str, Any]:
    """Open both layers as a user does, who picks no style, and save what they look like."""
    raster = QgsRasterLayer(f"{folder}/probability.tif", "probability")
    shapes = QgsVectorLayer(f"{folder}/landslides.gpkg", "landslides", "ogr")
    settings = QgsMapSettings()
    settings.setLayers([shapes, raster])
    settings.setOutputSize(QSize(600, 600))
    settings.setDestinationCrs(raster.crs())
    settings.setExtent(raster.extent())
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    steps = raster.renderer().shader().rasterShaderFunction().colorRampItemList()
    ranges = shapes.renderer().ranges()
    classed = [
        sum(one.lowerValue() <= shape["probability_mean"] <= one.upperValue() for one in ranges)
        for shape in shapes.getFeatures()
    ]
    return {
        "crs": [raster.crs().authid(), shapes.crs().authid()],
        "steps": [[step.value, step.color.name(), step.color.alpha()] for step in steps],
        "column": shapes.renderer().classAttribute(),
        "classes": [[one.label(), one.symbol().color().name()] for one in ranges],
        "shapes": shapes.featureCount(),
        "classed": classed,
        "aliases": {field.name(): field.alias() for field in shapes.fields()},
        "tip": shapes.mapTipTemplate(),
    }


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    print(json.dumps(drawn(*sys.argv[1:])))
