"""Models of one experiment taken together: all its seeds, and all folds of leave-event-out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from scarp.errors import Fault, ModelError, did_you_mean
from scarp.mapping.stored import Stored
from scarp.summary import family


@dataclass(frozen=True)
class Ensemble:
    """Models that map together.

    Attributes
    ----------
    split: their split; of folds what they are folds of.
    features, scenario: their experiment.
    models: sorted by fold and seed; at least one.
    """

    split: str
    features: str
    scenario: str
    models: tuple[Stored, ...]

    @property
    def name(self) -> str:
        """Split, features and scenario, as in the paths of results."""
        return f"{self.split}/{self.features}/{self.scenario}"

    @property
    def channels(self) -> tuple[str, ...]:
        """Of each of its models, in the order of the input."""
        return self.models[0].card.channels

    @property
    def threshold(self) -> float:
        """Probability from which a pixel counts as landslide, of each of its models."""
        return self.models[0].card.threshold

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits or folds of its models, sorted."""
        return tuple(sorted({model.card.split for model in self.models}))

    @property
    def validation_f1(self) -> float | None:
        """Mean over its models that have a validation score; None where none has."""
        scores = [model.card.validation_f1 for model in self.models]
        defined = [score for score in scores if score is not None]
        return fmean(defined) if defined else None


def group(models: Iterable[Stored]) -> list[Ensemble]:
    """The ensembles that models form, sorted by name.

    Raises
    ------
    ModelError: two files are the same model, or models of one ensemble differ in channels or
        threshold; with all faults.
    """
    members: dict[tuple[str, str, str], list[Stored]] = {}
    for model in models:
        card = model.card
        members.setdefault((family(card.split), card.features, card.scenario), []).append(model)
    found = [
        Ensemble(*key, tuple(sorted(own, key=lambda one: (one.card.split, one.card.seed))))
        for key, own in sorted(members.items())
    ]
    faults = [fault for ensemble in found for fault in _faults(ensemble)]
    if faults:
        raise ModelError(faults)
    return found


def _faults(ensemble: Ensemble) -> list[Fault]:
    first, *others = ensemble.models
    faults = []
    seen = {first.card.name: first.path}
    for model in others:
        name = model.card.name
        if name in seen:
            faults.append(
                Fault(
                    f"is model {name}, and so is {seen[name]}",
                    model.path,
                    cure="take one of the two away",
                )
            )
        seen[name] = model.path
        for what in ("channels", "threshold"):
            if getattr(model.card, what) != getattr(first.card, what):
                faults.append(
                    Fault(
                        f"has another {what} than {first.path} of the same experiment",
                        model.path,
                        "models of one split, feature set and scenario that differ in seed or"
                        " fold only",
                        "take away those that were trained with other settings",
                    )
                )
    return faults


def of_split(ensembles: Sequence[Ensemble], split: str) -> list[Ensemble]:
    """The ensembles of one split, or of all folds of one.

    Validation scores of different splits come from different events, so only these compare.

    Parameters
    ----------
    split: which; blank: the only one there is.

    Raises
    ------
    ModelError: there is none of that split; it is blank and there are several.
    """
    names = sorted({ensemble.split for ensemble in ensembles})
    if not split and len(names) > 1:
        raise ModelError(
            Fault(
                f"is blank, and there are models of {len(names)} splits",
                "configuration, map: split",
                ", ".join(names),
                "name one: validation scores of different splits come from different events",
            )
        )
    chosen = split or names[0]
    if chosen not in names:
        raise ModelError(
            Fault(
                f"there is no model of split '{chosen}'",
                "configuration, map: split",
                ", ".join(names),
                did_you_mean(chosen, names) or "name one of these",
            )
        )
    return [ensemble for ensemble in ensembles if ensemble.split == chosen]
