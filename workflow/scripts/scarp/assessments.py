"""Reading the tables of calibration, thresholds, objects and strata that the summary holds.

Each row belongs to one model; rows are read for one split, or for all folds of leave-event-out
under its name without a number (`scarp.summary.family`). An empty cell is undefined and read as
None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from scarp import simulated
from scarp.errors import DataError, Fault
from scarp.metrics import Counts
from scarp.object_counts import ObjectCounts
from scarp.summary import Model, family
from scarp.tsv import read_table

#: Site, role and part of the pixels that chose epoch, temperature and threshold.
VALIDATION = "validation"
_IDENTITY = ("split", "features", "scenario", "seed")
T = TypeVar("T")


@dataclass(frozen=True)
class Measures:
    """A row of measures.tsv: the scores of a model at a site, or at all validation events pooled.

    Attributes
    ----------
    role: `independent`, `dependent`, `held-out` or `validation`.
    source: of the site's pixels.
    pixels, landslide: scored pixels, and the landslides among them.
    precision, recall, f1, iou, mcc: at the threshold of the model.
    ece, ece_calibrated: expected calibration error, before and after temperature scaling; `brier`
        likewise.
    temperature: fitted on validation; None where it could not be, and then so is what follows
        from it.
    threshold: chosen on validation by F1; None where there is none, and then so are the scores
        that end in `_chosen`.
    boundary_iou_1, boundary_iou_2: boundary IoU within 1 and 2 pixels.
    """

    model: Model
    site: str
    role: str
    source: str
    pixels: int
    landslide: int
    precision: float | None
    recall: float | None
    f1: float | None
    iou: float | None
    mcc: float | None
    average_precision: float | None
    brier: float | None
    ece: float | None
    temperature: float | None
    brier_calibrated: float | None
    ece_calibrated: float | None
    threshold: float | None
    precision_chosen: float | None
    recall_chosen: float | None
    f1_chosen: float | None
    mcc_chosen: float | None
    boundary_iou_1: float | None
    boundary_iou_2: float | None


@dataclass(frozen=True)
class ReliabilityBin:
    """A row of reliability.tsv: pixels of similar probability.

    Attributes
    ----------
    part: `validation` or `test`, all its sites pooled.
    calibrated: whether temperature scaling was applied.
    bin: 0 holds the pixels below `scarp.calibration.LEAST`.
    lowest, highest, mean: probability in the bin; None without a pixel.
    pixels, landslide: all pixels, and those that are landslide in the reference.
    share: observed share of landslide; None without a pixel.
    """

    model: Model
    part: str
    calibrated: bool
    bin: int
    lowest: float | None
    highest: float | None
    pixels: int
    landslide: int
    mean: float | None
    share: float | None


@dataclass(frozen=True)
class AtThreshold:
    """A row of thresholds.tsv: pixels of a site's map at a threshold."""

    model: Model
    site: str
    role: str
    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def counts(self) -> Counts:
        """The pixels, from which scores follow."""
        return Counts(self.tp, self.fp, self.fn, self.tn)


@dataclass(frozen=True)
class ObjectRow:
    """A row of object_counts.tsv: landslides of a size class at a site, under a rule of overlap.

    Attributes
    ----------
    rule: a key of `scarp.objects.RULES`.
    size_class: of `scarp.objects.size_classes`, `cut` or `all`.
    scored_km2: area of the site that is scored.
    """

    model: Model
    site: str
    role: str
    rule: str
    size_class: str
    found: int
    missed: int
    right: int
    false: int
    scored_km2: float

    @property
    def counts(self) -> ObjectCounts:
        """The objects, from which recall and precision follow."""
        return ObjectCounts(self.found, self.missed, self.right, self.false)


@dataclass(frozen=True)
class StratumRow:
    """A row of strata.tsv: pixels of a site that lie in a stratum.

    Attributes
    ----------
    kind: of `scarp.strata`; `size` has neither fp nor tn, since false pixels have no size.
    landslides: connected groups of reference pixels that have any scored pixel there.
    """

    model: Model
    site: str
    role: str
    kind: str
    stratum: str
    landslides: int
    tp: int
    fp: int | None
    fn: int
    tn: int | None

    @property
    def counts(self) -> Counts:
        """The pixels; of kind `size` with zeros for those that have no size, so recall alone."""
        return Counts(self.tp, self.fp or 0, self.fn, self.tn or 0)


#: A row of any of the tables.
R = TypeVar("R", Measures, ReliabilityBin, AtThreshold, ObjectRow, StratumRow)


def read_measures(path: str | Path, split: str | None = None) -> list[Measures]:
    """Read measures.tsv; of one split or family where it is named. DataError where malformed."""
    return _read(path, Measures, split)


def read_reliability(path: str | Path, split: str | None = None) -> list[ReliabilityBin]:
    """Read reliability.tsv, as `read_measures`."""
    return _read(path, ReliabilityBin, split)


def read_thresholds(path: str | Path, split: str | None = None) -> list[AtThreshold]:
    """Read thresholds.tsv, as `read_measures`."""
    return _read(path, AtThreshold, split)


def read_objects(path: str | Path, split: str | None = None) -> list[ObjectRow]:
    """Read object_counts.tsv, as `read_measures`."""
    return _read(path, ObjectRow, split)


def read_strata(path: str | Path, split: str | None = None) -> list[StratumRow]:
    """Read strata.tsv, as `read_measures`."""
    return _read(path, StratumRow, split)


def by_model(rows: Iterable[R]) -> dict[Model, list[R]]:
    """Rows of each model, in their order."""
    found: dict[Model, list[R]] = {}
    for row in rows:
        found.setdefault(row.model, []).append(row)
    return found


def is_simulated(measures: Iterable[Measures]) -> bool:
    """Whether any of the pixels were made up."""
    return any(simulated.is_simulated(row.source) for row in measures)


def _read(path: str | Path, kind: Callable[..., T], split: str | None) -> list[T]:
    """Rows of a table with the fields of `kind` as columns; `model` stands in four."""
    types = {name: of for name, of in get_type_hints(kind).items() if name != "model"}
    table = read_table(path, (*_IDENTITY, *types))
    found = []
    for line, row in enumerate(table, 2):
        if split in (None, row["split"], family(row["split"])):
            seed = _cell(row, "seed", int, path, line)
            model = Model(row["split"], row["features"], row["scenario"], seed)
            values = {name: _cell(row, name, of, path, line) for name, of in types.items()}
            found.append(kind(model=model, **values))
    return found


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


#: Type of a field -> what reads its cell, with ValueError or KeyError, and what is allowed there.
_CELLS: Mapping[object, tuple[Callable[[str], Any], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    float: (_number, "a number"),
    bool: ({"yes": True, "no": False}.__getitem__, "yes or no"),
    int | None: (lambda text: int(text) if text else None, "a whole number, or nothing"),
    float | None: (lambda text: _number(text) if text else None, "a number, or nothing"),
}


def _cell(row: Mapping[str, str], name: str, of: object, path: str | Path, line: int) -> Any:
    read, allowed = _CELLS[of]
    try:
        return read(row[name])
    except (ValueError, KeyError):
        raise DataError(
            Fault(
                f"column {name} holds '{row[name]}'",
                f"{path}, line {line}",
                allowed,
                "delete it and let the workflow make it again",
            )
        ) from None
