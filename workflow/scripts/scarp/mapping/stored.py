"""A model on a shelf: where its file lies, and what of its description a choice needs."""

from __future__ import annotations

from dataclasses import dataclass

from scarp.model_description import Description


@dataclass(frozen=True)
class Card:
    """The part of `scarp.model_description.Description` that a choice needs, with its fields."""

    features: str
    scenario: str
    split: str
    seed: int
    channels: tuple[str, ...]
    sources: tuple[str, ...]
    engines: tuple[str, ...]
    threshold: float
    validation_f1: float | None
    fingerprint: str

    @property
    def name(self) -> str:
        """The experiment in one word, as in the paths of results."""
        return f"{self.split}/{self.features}/{self.scenario}/seed{self.seed}"


@dataclass(frozen=True)
class Stored:
    """A model on a shelf.

    Attributes
    ----------
    path: of its file below the shelf, parted by `/`.
    size: in bytes.
    sha256: hexadecimal; empty where nobody has told it.
    card: what it is.
    """

    path: str
    size: int
    sha256: str
    card: Card


def card_of(description: Description) -> Card:
    """What a choice needs of a description."""
    return Card(
        description.features,
        description.scenario,
        description.split,
        description.seed,
        description.channels,
        description.sources,
        description.engines,
        description.threshold,
        description.validation_f1,
        description.fingerprint,
    )
