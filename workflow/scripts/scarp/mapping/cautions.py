"""What stands between models and an event that come from different sources."""

from __future__ import annotations

from collections.abc import Collection

from scarp.comparable import ARCHIVE, ENGINES
from scarp.mapping.availability import Availability
from scarp.mapping.choice import Choice
from scarp.mapping.ensembles import Ensemble
from scarp.mapping.image_names import images_of
from scarp.simulated import is_simulated

_ONLY_SIMULATED = (
    "The models were trained on simulated events only, and this event is real: the map shows that"
    " the workflow runs, not where landslides are."
)
_ALSO_SIMULATED = "The models were trained on simulated events too, and this event is real."


def cautions(
    choice: Choice,
    available: Availability,
    engine: str,
    compared: Collection[frozenset[str]],
) -> tuple[str, ...]:
    """Warnings where the chosen models never saw what this event's cube is made from.

    Parameters
    ----------
    available: of the event, whose cube names its source as models name those they saw.
    engine: that made its Sentinel-1 products (`scarp.scenes.engine_of`); read for scenes only.
    compared: pairs of engines of which there is a parity result (`compared_pairs`).
    """
    ensemble = choice.chosen.ensemble
    seen = sorted({source for model in ensemble.models for source in model.card.sources})
    simulated = [source for source in seen if is_simulated(source)]
    found = []
    if is_simulated(available.source) and not simulated:
        found.append("The event is simulated, and the models were trained on real events.")
    elif simulated and not is_simulated(available.source):
        found.append(_ONLY_SIMULATED if simulated == seen else _ALSO_SIMULATED)
    if available.source not in seen:
        found.append(
            f"The models were trained on events of source {', '.join(seen)}, and this event's cube"
            f" is of source {available.source}."
        )
    if _is_unproven(ensemble, seen, available.source, engine, compared):
        found.append(
            f"Sentinel-1 of this event was made by engine {engine}, and no result says that it is"
            f" like that of the archive, which the models were trained on (snakemake parity)."
        )
    return tuple(found)


def _is_unproven(
    ensemble: Ensemble,
    seen: Collection[str],
    source: str,
    engine: str,
    compared: Collection[frozenset[str]],
) -> bool:
    """Whether products of an engine meet models of the archive without a parity result."""
    uses_radar = any(
        image.sensor == "sentinel1" for name in ensemble.channels for image in images_of(name)
    )
    return (
        uses_radar
        and ARCHIVE in seen
        and source == "scenes"
        and engine in ENGINES
        and frozenset((ARCHIVE, engine)) not in compared
    )
