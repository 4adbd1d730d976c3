"""What a map must beat to be worth anything: two rules without a network.

`everywhere` calls every pixel landslide; its F1 depends on the share of landslide alone.
`single-band` calls landslide whatever lies on one side of one threshold in one channel; channel,
threshold and side are fitted on the training patches and left as they are for the sites.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scarp.errors import Fault, SplitError
from scarp.metrics import Counts, count
from scarp.patches import PatchTable, read_channel, read_flags, read_table
from scarp.sentinel2 import S2Offset
from scarp.split_files import read_patch_list, read_test_list
from scarp.tsv import write_table

_LOG = logging.getLogger("scarp")
Direction = Literal["above", "below"]
#: Columns of baselines.tsv.
HEADER = (
    *("split", "site", "role", "method", "channel", "threshold", "direction"),
    *("tp", "fp", "fn", "tn", "precision", "recall", "f1", "iou"),
)


@dataclass(frozen=True)
class Rule:
    """A threshold on one channel, the threshold itself included.

    Attributes
    ----------
    threshold: in the units of the cube.
    direction: the side that is called landslide.
    f1: on the pixels it was fitted to.
    """

    threshold: np.float32
    direction: Direction
    f1: float

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the rule says landslide; False where a value is NaN."""
        side: NDArray[np.bool_] = (
            values >= self.threshold if self.direction == "above" else values <= self.threshold
        )
        return side


def everywhere(mask: NDArray[Any], valid: NDArray[Any]) -> Counts:
    """Count the map that calls every pixel landslide.

    Parameters
    ----------
    mask, valid: arrays of one shape, true where landslide and where a pixel counts.
    """
    return count(np.ones(np.shape(mask), dtype=bool), mask, valid)


def fit_rule(values: NDArray[np.float32], landslide: NDArray[np.bool_]) -> Rule:
    """The threshold and side with the highest F1, exactly.

    Moving a threshold to the next landslide value can only shed false positives, so the landslide
    values are all the candidates there are. Among equals the first stays: above before below, and
    the threshold that finds the most.

    Parameters
    ----------
    values: (pixel,) float32; NaN is never called landslide, but counts as missed where it is one.
    landslide: (pixel,) the reference.

    Raises
    ------
    ValueError: no landslide pixel has a value.
    """
    total = int(np.count_nonzero(landslide))
    inside = values[landslide]
    inside = np.sort(inside[~np.isnan(inside)])
    outside = values[~landslide]
    outside = np.sort(outside[~np.isnan(outside)])
    if not inside.size:
        raise ValueError("no landslide pixel has a value")
    thresholds = np.unique(inside)
    found: dict[Direction, tuple[NDArray[np.int64], NDArray[np.int64]]] = {
        "above": (
            inside.size - np.searchsorted(inside, thresholds, side="left"),
            outside.size - np.searchsorted(outside, thresholds, side="left"),
        ),
        "below": (
            np.searchsorted(inside, thresholds, side="right"),
            np.searchsorted(outside, thresholds, side="right"),
        ),
    }
    rules = []
    for direction, (tp, fp) in found.items():
        f1 = 2 * tp / (tp + fp + total)  # 2 tp + fp + fn with fn = total - tp
        best = np.flatnonzero(f1 == f1.max())[0 if direction == "above" else -1]
        rules.append(Rule(thresholds[best], direction, float(f1[best])))
    return max(rules, key=lambda rule: rule.f1)


def fit_channel(
    patch_files: Mapping[str, str | Path],
    train: Sequence[tuple[str, int]],
    channels: Sequence[str],
    s2_offset: S2Offset = "as-published",
) -> tuple[str, Rule]:
    """The channel, threshold and side with the highest F1, pooled over the training patches.

    One channel is in memory at a time. Pixels in several overlapping patches count as often as
    training sees them.

    Parameters
    ----------
    patch_files: event -> its patches.
    train: event and patch index of every training patch.
    channels: candidates; among equals the first wins.
    s2_offset: see `scarp.patches.read_channel`.

    Raises
    ------
    SplitError: no training patch holds landslide, or none with a value in any channel.
    """
    chosen: dict[str, list[int]] = {}
    for event, patch in train:
        chosen.setdefault(event, []).append(patch)
    wanted = {event: np.array(patches, dtype=np.int64) for event, patches in chosen.items()}
    flags = {event: read_flags(patch_files[event], patches) for event, patches in wanted.items()}
    usable = {event: valid == 1 for event, (_, valid) in flags.items()}
    landslide = np.concatenate(
        [np.zeros(0, dtype=bool), *(flags[event][0][usable[event]] == 1 for event in wanted)]
    )
    best: tuple[str, Rule] | None = None
    for channel in channels:
        values = np.concatenate(
            [np.zeros(0, dtype=np.float32)]
            + [
                read_channel(patch_files[event], channel, patches, s2_offset)[usable[event]]
                for event, patches in wanted.items()
            ]
        )
        if np.isnan(values[landslide]).all():
            continue
        rule = fit_rule(values, landslide)
        _LOG.info("single band %s: F1 %.4f on the training patches", channel, rule.f1)
        if best is None or rule.f1 > best[1].f1:
            best = channel, rule
    if best is None:
        raise SplitError(
            Fault(
                "no training patch holds landslide with a value in any channel",
                "single-band baseline",
                cure="give an event with landslides the role train or dependent",
            )
        )
    return best


def _scene(
    values: NDArray[Any], table: PatchTable, patches: NDArray[np.int64], fill: Any
) -> NDArray[Any]:
    """Put patches back on the event's grid, so that where they overlap a pixel counts once."""
    bottom = int(table.row.max(initial=0)) + table.size
    right = int(table.column.max(initial=0)) + table.size
    scene = np.full((bottom, right), fill, dtype=values.dtype)
    for position, patch in enumerate(patches):
        row, column = int(table.row[patch]), int(table.column[patch])
        scene[row : row + table.size, column : column + table.size] = values[position]
    return scene


def _row(
    name: tuple[str, str, str, str], rule: tuple[str, str, str], counts: Counts
) -> tuple[object, ...]:
    return (
        *(*name, *rule),
        *(counts.tp, counts.fp, counts.fn, counts.tn),
        *(counts.precision, counts.recall, counts.f1, counts.iou),
    )


def write_baselines(
    patch_files: Mapping[str, str | Path],
    train_table: str | Path,
    test_tables: Mapping[str, str | Path],
    channels: Sequence[str],
    split: str,
    path: str | Path,
    s2_offset: S2Offset = "as-published",
) -> None:
    """Fit and count both baselines and write baselines.tsv: two rows per site.

    Parameters
    ----------
    patch_files: event -> its patches, of every training event and site.
    train_table: train.tsv of the split.
    test_tables: site -> its test table; a site without a patch in it is left out.
    channels: candidates of the single band, which every event here has.
    split: name of the split, for the table.
    path: the table to write.
    s2_offset: see `scarp.patches.read_channel`.

    Raises
    ------
    SplitError: see `fit_channel`. DataError: an event lacks a channel.
    """
    training = read_patch_list(train_table)
    channel, rule = fit_channel(patch_files, training, channels, s2_offset)
    rows = []
    for site, test_table in test_tables.items():
        tested, role = read_test_list(test_table)
        if not tested:
            continue
        patches = np.array(tested, dtype=np.int64)
        table = read_table(patch_files[site])
        mask, valid = (
            _scene(flags, table, patches, 0) for flags in read_flags(patch_files[site], patches)
        )
        values = read_channel(patch_files[site], channel, patches, s2_offset)
        called = _scene(rule.apply(values), table, patches, False)
        name = (split, site, role)
        rows.append(_row((*name, "everywhere"), ("", "", ""), everywhere(mask, valid)))
        fitted = (channel, f"{rule.threshold:.9g}", rule.direction)
        rows.append(_row((*name, "single-band"), fitted, count(called, mask, valid)))
    write_table(path, HEADER, rows)
