"""Choosing the models of an event's map, bringing them where the map is made, and saying why."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarp.files import write_text
from scarp.log import logger
from scarp.mapping.availability import Availability, read_availability
from scarp.mapping.candidate import Candidate
from scarp.mapping.cautions import cautions
from scarp.mapping.choice import Choice, choose
from scarp.mapping.image_names import dates_of_images
from scarp.mapping.shelf import Shelf, fetch, open_shelf, own_shelf
from scarp.mapping.stored import Stored

_UNCHECKED = (
    "The models come from a folder without models.json: there was no checksum to hold them against."
)


@dataclass(frozen=True)
class Wanted:
    """Where models are looked for, and what they must do.

    Attributes
    ----------
    own: folder of the models that this workflow trained.
    models: a folder or URL of others, taken instead; blank: its own.
    split: whose models are compared; blank: the only one there is.
    coverage: share of the area, 0 to 1, that the images of an ensemble are to cover.
    downloads: folder where models come to lie that are fetched from a URL.
    """

    own: str
    models: str
    split: str
    coverage: float
    downloads: str


def select_models(
    cube: str | Path,
    wanted: Wanted,
    compared: Collection[frozenset[str]],
    path: str | Path,
    folder: str | Path,
) -> None:
    """Choose the models that map an event, bring their files into `folder`, and write `path`.

    Parameters
    ----------
    cube: of the event.
    compared: see `cautions`.
    path: of model.json; equal inputs give equal bytes.
    folder: where the files come to lie; model.json names them relative to it.

    Raises
    ------
    DataError: the cube or the shelf cannot be read, or a model is not what the shelf says.
    ModelError: a model cannot be read, or none can map the event (see `choose`).
    """
    shelf = open_shelf(wanted.models) if wanted.models else own_shelf(wanted.own)
    available = read_availability(cube)
    choice = choose(shelf.models, available, wanted.split, wanted.coverage)
    logger.info("%s: %s", available.event, choice.why)
    warnings = [*choice.warnings, *cautions(choice, available, compared)]
    if wanted.models and not shelf.has_index:
        warnings.append(_UNCHECKED)
    for warning in warnings:
        logger.warning("%s: %s", available.event, warning)
    models = fetch(shelf, choice.chosen.ensemble.models, folder, wanted.downloads)
    told = _record(choice, available, models, warnings, shelf)
    write_text(path, json.dumps(told, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def _record(
    choice: Choice,
    available: Availability,
    models: Sequence[Stored],
    warnings: Sequence[str],
    shelf: Shelf,
) -> dict[str, Any]:
    chosen, ensemble = choice.chosen, choice.chosen.ensemble
    return {
        "event": available.event,
        "source": available.source,
        "models": [model.card.name for model in models],
        "files": [
            {"path": model.path, "sha256": model.sha256, "fingerprint": model.card.fingerprint}
            for model in models
        ],
        "shelf": shelf.shown,
        "checked": shelf.has_index,
        "split": ensemble.split,
        "features": ensemble.features,
        "scenario": ensemble.scenario,
        "channels": list(ensemble.channels),
        "threshold": ensemble.threshold,
        "validation_f1": _rounded(ensemble.validation_f1),
        "coverage": _rounded(chosen.coverage),
        "dates": dates_of_images(ensemble.channels, available),
        "why": choice.why,
        "candidates": [_row(candidate) for candidate in choice.candidates],
        "improve": list(choice.improve),
        "warnings": list(warnings),
    }


def _row(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.ensemble.name,
        "models": len(candidate.ensemble.models),
        "validation_f1": _rounded(candidate.ensemble.validation_f1),
        "coverage": _rounded(candidate.coverage),
        "fits": candidate.fits,
        "missing": [lack.words for lack in candidate.lacks],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
