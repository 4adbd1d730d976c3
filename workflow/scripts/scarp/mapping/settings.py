"""What a user chooses about the products of a map, and what is told of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scarp.errors import DataError, Fault


@dataclass(frozen=True)
class MapSettings:
    """How polygons are made of a map.

    Attributes
    ----------
    minimum_m2: minimum mapping unit; smaller landslides are dropped.
    simplify_m: metres by which outlines are simplified, see `scarp.mapping.outlines`; 0 keeps the
        edges of pixels.
    slope_below: degrees; landslide pixels on gentler ground are taken off. 0: none.
    water, glacier: vector files of what cannot be a landslide; "" for none.
    """

    minimum_m2: float = 400.0
    simplify_m: float = 5.0
    slope_below: float = 0.0
    water: str = ""
    glacier: str = ""


@dataclass(frozen=True)
class MapModel:
    """Which model made a map, from model.json.

    Attributes
    ----------
    models: ids of the ensemble's models.
    features, scenario: which experiment they are.
    threshold: probability from which a pixel counts as landslide.
    validation_f1: mean over the models; None where it is undefined.
    why: why they were chosen.
    improve: what would make a better map possible.
    warnings: what a reader must know.
    channels: what the models read; empty where model.json does not say.
    """

    models: tuple[str, ...]
    features: str
    scenario: str
    threshold: float
    validation_f1: float | None
    why: str
    improve: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The models in one line: one by its id, several of one experiment by what they share."""
        if len(self.models) == 1:
            return self.models[0]
        return f"{self.features}/{self.scenario}, ensemble of {len(self.models)}"


def model_from_dict(found: Mapping[str, Any], path: str) -> MapModel:
    """What model.json holds; `path` is named in errors.

    Raises
    ------
    DataError: an entry is missing or of another type.
    """
    try:
        score = found["validation_f1"]
        return MapModel(
            models=tuple(str(name) for name in found["models"]),
            features=str(found["features"]),
            scenario=str(found["scenario"]),
            threshold=float(found["threshold"]),
            validation_f1=None if score is None else float(score),
            why=str(found["why"]),
            improve=tuple(map(str, found["improve"])),
            warnings=tuple(map(str, found["warnings"])),
            channels=tuple(map(str, found.get("channels", ()))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            Fault(
                f"does not describe the model of a map ({type(error).__name__}: {error})",
                path,
                cure="delete it and let the workflow make it again",
            )
        ) from None
