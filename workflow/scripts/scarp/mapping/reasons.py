"""The words that go with a choice: why it was made, what would better it, what to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence

from scarp.errors import Fault
from scarp.mapping.availability import Availability
from scarp.mapping.candidate import Candidate, rank, score
from scarp.mapping.ensembles import Ensemble
from scarp.mapping.needs import percent

#: Most candidates that are named one by one.
_NAMED = 3


def why(
    chosen: Candidate, candidates: Sequence[Candidate], fitting: Sequence[Candidate], least: float
) -> str:
    """The numbers that decided for a candidate, as one or two sentences.

    Parameters
    ----------
    candidates: all that see the event, best first. fitting: those that fit.
    least: share of the area, 0 to 1, that was to be covered.
    """
    ensemble, number = chosen.ensemble, len(candidates)
    if not fitting:
        complete = sum(one.has_channels for one in candidates)
        return (
            f"The images have all channels of {complete} of {number} candidates and cover"
            f" {percent(least)} of the area for none; they cover most, {percent(chosen.coverage)},"
            f" for {ensemble.name} ({_f1(ensemble)})."
        )
    served = (
        f"The images cover {percent(least)} of the area for {len(fitting)} of {number} candidates;"
        f" {percent(chosen.coverage)} for {ensemble.name}"
    )
    if len(fitting) == 1:
        return f"{served} ({_f1(ensemble)})."
    best = f"which has the best validation score of these ({_f1(ensemble)}{_mean(ensemble)})"
    if ensemble.validation_f1 is None:
        best = "which has the fewest channels of these; none has a validation score"
    others = ", ".join(f"{one.ensemble.name} ({_f1(one.ensemble)})" for one in fitting[1:][:_NAMED])
    more = len(fitting) - 1 - _NAMED
    return f"{served}, {best}. Next come {others}{f' and {more} more' if more > 0 else ''}."


def _mean(ensemble: Ensemble) -> str:
    number = len(ensemble.models)
    return f", mean of {number} models" if number > 1 else ""


def improvements(chosen: Candidate, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """What would let a better candidate map the event, or the chosen one more of it.

    At most three sentences, the largest gain first. Of two candidates the worse is left out when it
    needs all that the better one needs.
    """
    better = [one for one in candidates if not one.fits and score(one) > score(chosen)]
    told: list[frozenset[str]] = []
    sentences = []
    for one in [*better, *([] if chosen.fits else [chosen])]:
        needed = frozenset(lack.key for lack in one.lacks)
        if any(needed >= less for less in told):
            continue
        told.append(needed)
        needs = _joined([lack.words for lack in one.lacks])
        gain = f"could map this event: validation {_f1(one.ensemble)}"
        if one is chosen:
            gain = "could map more of this event"
        elif chosen.ensemble.validation_f1 is not None:
            gain += f" instead of {chosen.ensemble.validation_f1:.3f}"
        sentences.append(f"With {needs}, {one.ensemble.name} {gain}.")
    return tuple(sentences[:_NAMED])


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def warnings(chosen: Candidate, candidates: Sequence[Candidate], least: float) -> tuple[str, ...]:
    """What to bear in mind of a choice; parameters as in `why`."""
    ensemble = chosen.ensemble
    found = []
    if not chosen.fits:
        found.append(
            f"The images that {ensemble.name} needs cover {percent(chosen.coverage)} of the area,"
            f" less than {percent(least)}; the rest of the map has no data."
        )
    if len(ensemble.models) == 1:
        found.append("One model makes this map, so there is no uncertainty beside it.")
    unscored = sum(model.card.validation_f1 is None for model in ensemble.models)
    if unscored:
        found.append(
            f"{unscored} of {len(ensemble.models)} models have no validation score: their"
            " validation patches hold no landslide."
        )
    if len({one.ensemble.splits for one in candidates}) > 1:
        found.append(
            f"Not every candidate was trained in the same folds; {ensemble.name} was in"
            f" {', '.join(ensemble.splits)}. Its validation score comes from other events than some"
            " of the scores that it was compared with."
        )
    return tuple(found)


def nothing_fits(
    candidates: Sequence[Candidate], blind: Sequence[Ensemble], available: Availability
) -> Fault:
    """The error of an event that no candidate can map, with what those need that lack least."""
    where = f"event {available.event}"
    allowed = f"its cube has {', '.join(available.channels)}"
    if not candidates:
        names = ", ".join(one.name for one in blind)
        return Fault(
            f"can be mapped by none of the models: {names} see nothing after an event",
            where,
            allowed,
            "train or name models with images after the event",
        )
    nearest: dict[frozenset[str], Candidate] = {}
    for one in sorted(candidates, key=lambda one: (len(one.lacks), *rank(one))):
        nearest.setdefault(frozenset(lack.key for lack in one.lacks), one)
    needs = "; ".join(
        f"{one.ensemble.name} needs {_joined([lack.words for lack in one.lacks])}"
        f" ({_missing_channels(one, available)})"
        for one in list(nearest.values())[:_NAMED]
    )
    return Fault(
        f"serves none of {len(candidates)} candidates; nearest: {needs}",
        where,
        allowed,
        "add these images to the event, or name other models in map: models",
    )


def _missing_channels(candidate: Candidate, available: Availability) -> str:
    channels = candidate.ensemble.channels
    missing = [name for name in channels if name not in available.channels]
    if not missing:
        return "no pixel has all its channels"
    more = len(missing) - _NAMED
    named = ", ".join(missing[:_NAMED])
    return f"lacks {named}{f' and {more} more' if more > 0 else ''}"


def _f1(ensemble: Ensemble) -> str:
    value = ensemble.validation_f1
    return "no validation score" if value is None else f"F1 {value:.3f}"
