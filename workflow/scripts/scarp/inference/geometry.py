"""Whether layover and radar shadow are where SAR fails: recall inside of them less recall outside.

Orynbaikyzy et al. 2025 (section 5) put failures of their SAR networks down to the geometry of the
view. Were it so, recall would be lower in layover and shadow than elsewhere in the same events, and
it would be so for radar more than for optical images: layover lies where slopes are steep, which
may be hard for either. Both differences are taken here, with intervals over groups of events and
seeds (`scarp.inference.intervals`).

Inside is layover or shadow of a geometry product, or *certain* of what elevation and direction tell
approximately; outside is *none*. What is only *possible* counts on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scarp.assessments import StratumRow
from scarp.inference.comparison import Verdict, verdict_of
from scarp.inference.differences import Choice
from scarp.inference.intervals import Interval, Values, bounded, detectable, student

Sensor = Literal["sar", "optical", "sar less optical"]
#: Landslide pixels that a group needs inside and outside: half a hectare.
LEAST = 50
_INSIDE = {"layover_shadow": ("layover", "shadow"), "layover_shadow_approximate": ("certain",)}


@dataclass(frozen=True)
class GeometryEffect:
    """What layover and shadow do to the share of the landslide pixels that is found.

    Attributes
    ----------
    sensor: whose recall; of `sar less optical` the change of the one less that of the other.
    experiments: that stood for each sensor, as features/scenario.
    difference: mean over groups and seeds of recall inside less that outside; nan without a group.
    interval: of that mean, 95 %, within -1 and 1; of two changes within -2 and 2.
    verdict: `worse` where less is found inside; `undecided` always with one seed.
    margin: the difference that does not matter.
    detectable: the true difference that such data would show in four of five studies.
    inside, outside: landslide pixels of the groups that were compared.
    approximate: sites of these groups whose geometry is approximate.
    groups, seeds: what was compared. left_out: groups with too few landslide pixels on a side.
    """

    sensor: Sensor
    experiments: tuple[str, ...]
    difference: float
    interval: Interval
    verdict: Verdict
    margin: float
    detectable: float
    inside: int
    outside: int
    approximate: tuple[str, ...]
    groups: tuple[str, ...]
    seeds: tuple[int, ...]
    left_out: tuple[str, ...]


def geometry_effects(
    rows: Iterable[StratumRow],
    choices: Mapping[str, Choice],
    group_of: Mapping[str, str],
    margin: float,
    least: int = LEAST,
) -> list[GeometryEffect]:
    """Compare recall inside and outside of layover and shadow.

    Parameters
    ----------
    rows: of one scope, every seed at every site.
    choices: `sar` and, where the study has one, `optical` -> the experiment of each split or fold,
        chosen by validation.
    group_of: group of every site.
    margin: difference of recall that does not matter in practice.
    least: landslide pixels that a group needs on both sides.
    """
    own = [row for row in rows if row.kind in _INSIDE]
    tables = {
        sensor: _table(
            [
                row
                for row in own
                if choice.get(row.model.split) == (row.model.features, row.model.scenario)
            ],
            group_of,
            least,
        )
        for sensor, choice in choices.items()
    }
    named = {
        sensor: tuple(sorted({"/".join(one) for one in choice.values()}))
        for sensor, choice in choices.items()
    }
    found = [
        _effect(sensor, named[sensor], tables[sensor].values, tables[sensor], margin)
        for sensor in ("sar", "optical")
        if sensor in tables
    ]
    if len(tables) == 2 and tables["sar"].seeds == tables["optical"].seeds:
        between = tables["sar"].values - tables["optical"].values
        both = (*named["sar"], *named["optical"])
        found.append(_effect("sar less optical", both, between, tables["sar"], margin))
    return found


@dataclass(frozen=True, eq=False)
class _Table:
    """Recall inside less outside, (group, seed), and what it is made of."""

    values: Values
    groups: tuple[str, ...]
    seeds: tuple[int, ...]
    left_out: tuple[str, ...]
    inside: int
    outside: int
    approximate: tuple[str, ...]


def _table(rows: Sequence[StratumRow], group_of: Mapping[str, str], least: int) -> _Table:
    seeds = tuple(sorted({row.model.seed for row in rows}))
    groups = sorted({group_of[row.site] for row in rows})
    found: dict[tuple[str, int, bool], list[int]] = {}
    for row in rows:
        if row.stratum in (*_INSIDE[row.kind], "none"):
            place = (group_of[row.site], row.model.seed, row.stratum != "none")
            total = found.setdefault(place, [0, 0])
            total[0] += row.tp
            total[1] += row.tp + row.fn

    def landslide(group: str, inside: bool) -> int:
        # The reference is the same for every seed.
        return max((found.get((group, seed, inside), [0, 0])[1] for seed in seeds), default=0)

    kept = [group for group in groups if min(landslide(group, i) for i in (True, False)) >= least]
    values = np.array(
        [
            [
                found[group, seed, True][0] / found[group, seed, True][1]
                - found[group, seed, False][0] / found[group, seed, False][1]
                for seed in seeds
            ]
            for group in kept
        ],
        dtype=np.float64,
    ).reshape(len(kept), len(seeds))
    return _Table(
        values,
        tuple(kept),
        seeds,
        tuple(group for group in groups if group not in kept),
        sum(landslide(group, True) for group in kept),
        sum(landslide(group, False) for group in kept),
        tuple(
            sorted(
                {
                    row.site
                    for row in rows
                    if row.kind == "layover_shadow_approximate" and group_of[row.site] in kept
                }
            )
        ),
    )


def _effect(
    sensor: Sensor, experiments: tuple[str, ...], values: Values, table: _Table, margin: float
) -> GeometryEffect:
    farthest = 2.0 if sensor == "sar less optical" else 1.0
    interval = bounded(student(values), -farthest, farthest)
    return GeometryEffect(
        sensor,
        experiments,
        float(values.mean()) if values.size else np.nan,
        interval,
        verdict_of(interval, margin) if len(table.seeds) > 1 else "undecided",
        margin,
        detectable(values),
        table.inside,
        table.outside,
        table.approximate,
        table.groups,
        table.seeds,
        table.left_out,
    )
