"""How often intervals hold the true mean difference, on simulated F1 of two models.

    python bench/interval_coverage.py                       # 2,000 repeats, minutes
    python bench/interval_coverage.py --repeats 200 --groups 8

The models' F1 are logistic in a group effect, a seed effect and a rest, so that they are bounded,
and in what sets the two apart, which differs between groups: evenly around its mean, or skewed (few
groups gain much, most little). Beside the intervals of scarp stand two that it does not offer:
Student's t that takes no notice of seeds, and percentiles of the bootstrap.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from scipy import optimize, special

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from scarp.inference.comparison import MARGIN, verdict_of
from scarp.inference.intervals import Interval, IntervalOf, Values, bootstrap_t, student


@dataclass(frozen=True)
class World:
    """Where differences come from; standard deviations in logits of F1.

    Attributes
    ----------
    skewness: of the effect that sets the models apart, over groups.
    groups: spread of that effect; 0.35 makes differences of F1 spread by about 0.06.
    seeds: of what a seed does to a model at all groups alike.
    rest: of what it does at single groups.
    """

    skewness: float
    groups: float
    seeds: float
    rest: float


WORLDS = {
    "even": World(0.0, 0.35, 0.06, 0.15),
    "skewed": World(1.0, 0.35, 0.06, 0.15),
    "very skewed": World(3.0, 0.5, 0.06, 0.15),
    "lucky seeds": World(1.0, 0.35, 0.15, 0.15),
}


def _drawn(
    world: World, shift: float, shape: tuple[int, int, int], generator: np.random.Generator
) -> Values:
    repeats, groups, seeds = shape
    level = generator.normal(0.6, 1.0, (repeats, groups, 1))
    if world.skewness:
        # A gamma distribution of this shape has that skewness.
        form = (2 / world.skewness) ** 2
        apart = (generator.gamma(form, size=(repeats, groups, 1)) - form) / np.sqrt(form)
    else:
        apart = generator.normal(size=(repeats, groups, 1))

    def luck() -> Values:
        of_seeds = generator.normal(0.0, world.seeds, (repeats, 1, seeds))
        return of_seeds + generator.normal(0.0, world.rest, shape)

    return np.asarray(
        special.expit(level + shift + world.groups * apart + luck())
        - special.expit(level + luck()),
        dtype=np.float64,
    )


@cache
def _shift(world: World, difference: float) -> float:
    """The shift in logits that makes the mean difference of F1 what it shall be."""

    def excess(shift: float) -> float:
        generator = np.random.default_rng(20)
        return float(_drawn(world, shift, (400_000, 1, 1), generator).mean()) - difference

    return float(optimize.brentq(excess, -2.0, 2.0, xtol=1e-5))


def simulated(
    world: World,
    difference: float,
    shape: tuple[int, int, int],
    generator: np.random.Generator,
) -> Values:
    """Differences of F1, of shape (repeat, group, seed), whose true mean is `difference`."""
    return _drawn(world, _shift(world, difference), shape, generator)


def over_groups(values: Values) -> Interval:
    """Student's t over the groups' means, whatever the seeds do."""
    return student(values.mean(axis=1, keepdims=True))


def percentile(values: Values, generator: np.random.Generator) -> Interval:
    """Percentiles of the means of resampled groups and seeds."""
    n, m = values.shape
    rows, columns = (
        generator.integers(n, size=(1999, n, 1)),
        generator.integers(m, size=(1999, 1, m)),
    )
    low, high = np.quantile(values[rows, columns].mean(axis=(1, 2)), (0.025, 0.975))
    return Interval(float(low), float(high))


def coverage(values: Values, truth: float, interval_of: IntervalOf) -> tuple[float, float]:
    """Share of repeats whose interval holds the truth, and the median width of the intervals."""
    ends = np.array([interval_of(own) for own in values], dtype=np.float64)
    held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    return float(held.mean()), float(np.median(ends[:, 1] - ends[:, 0]))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--groups", type=int, nargs="+", default=[8, 28])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 5])
    options = parser.parse_args(arguments)
    names = ("Student", "bootstrap-t", "t, no seeds", "percentile")
    print(f"coverage (median width), {options.repeats} repeats, standard error at 95 %: ", end="")
    print(f"{100 * np.sqrt(0.95 * 0.05 / options.repeats):.1f} points; claims where none is true")
    print(f"{'world':12} groups seeds" + "".join(f"{name:>17}" for name in names) + "  claims")
    for name, world in WORLDS.items():
        for groups in options.groups:
            for seeds in options.seeds:
                generator = np.random.default_rng([groups, seeds])
                shape = (options.repeats, groups, seeds)
                values = simulated(world, 0.0, shape, generator)
                makers: list[IntervalOf] = [
                    student,
                    partial(bootstrap_t, generator=generator),
                    over_groups,
                    partial(percentile, generator=generator),
                ]
                cells = [coverage(values, 0.0, maker) for maker in makers]
                claimed = [
                    verdict_of(student(own), MARGIN) in ("better", "worse") for own in values
                ]
                print(
                    f"{name:12} {groups:6d} {seeds:5d}"
                    + "".join(f"{100 * held:9.1f} ({width:.3f})" for held, width in cells)
                    + f"{100 * np.mean(claimed):6.1f}%",
                    flush=True,
                )


if __name__ == "__main__":
    main()
