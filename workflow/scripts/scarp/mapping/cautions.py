"""What stands between models and an event that come from different sources."""

from __future__ import annotations

from collections.abc import Collection

from scarp.comparable import ARCHIVE, ENGINES
from scarp.mapping.availability import Availability
from scarp.mapping.choice import Choice
from scarp.mapping.ensembles import Ensemble
from scarp.simulated import is_simulated

#: Engines that `snakemake parity` compares, in words.
_NAMES = {ARCHIVE: "the archive", **{name: f"engine {name}" for name in ENGINES}}
_ONLY_SIMULATED = (
    "The models were trained on simulated events only, and this event is real: the map shows that"
    " the workflow runs, not where landslides are."
)
_ALSO_SIMULATED = "The models were trained on simulated events too, and this event is real."


def cautions(
    choice: Choice,
    available: Availability,
    compared: Collection[frozenset[str]],
) -> tuple[str, ...]:
    """Warnings where the chosen models never saw what this event's cube is made from.

    Parameters
    ----------
    available: of the event, whose cube names source and engine as models name those they saw.
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
    found += [
        f"Sentinel-1 of this event was made by {_NAMES[own]}, the models learned from that of"
        f" {_NAMES[other]}, and no result says that the two are alike (snakemake parity)."
        for own, other in _unproven(ensemble, available.engines, compared)
    ]
    return tuple(found)


def _unproven(
    ensemble: Ensemble, engines: Collection[str], compared: Collection[frozenset[str]]
) -> list[tuple[str, str]]:
    """Engine of the event that the models never saw, and one they saw, without a parity result.

    Of engines that can be compared: what made products of unknown origin nobody can tell.
    """
    seen = {engine for model in ensemble.models for engine in model.card.engines}
    return [
        (own, other)
        for own in sorted(set(engines) & _NAMES.keys() - seen)
        for other in sorted(seen & _NAMES.keys())
        if frozenset((own, other)) not in compared
    ]
