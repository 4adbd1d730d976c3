"""How long the trainings of a study take on a machine, and what would make them cheaper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scarp.augment import SETS
from scarp.folds import kind_of
from scarp.plan_jobs import ModelId
from scarp.plan_sizes import Patches
from scarp.speed import Speed


@dataclass(frozen=True)
class PlannedModel:
    """A model as far as its cost matters.

    Attributes
    ----------
    split, features, scenario, seed: its identity.
    channels: how many its input has.
    augmentation: name of its set; own_augmentation: whether its feature set chose it itself.
    """

    split: str
    features: str
    scenario: str
    seed: int
    channels: int
    augmentation: str
    own_augmentation: bool

    @property
    def identity(self) -> ModelId:
        return self.split, self.features, self.scenario, self.seed


@dataclass(frozen=True)
class Effort:
    """Settings on which the time of a training depends.

    Attributes
    ----------
    epochs, batch_norm, threads, device: as in the configuration, training.
    base_width: as in the configuration, model.
    """

    epochs: int
    batch_norm: Literal["running", "precise"]
    base_width: int
    threads: int
    device: Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Machine:
    """What Snakemake may use at a time.

    Attributes
    ----------
    cores: of this run; there: of the machine.
    gpus: trainings that may hold a GPU at once, as the resource `gpu` says; 0: none can, or no
        limit is set.
    memory: MB of all jobs at once, as the resource `mem_mb` says; 0: no limit is set.
    asked: MB that a training asks for; 0: not known.
    nodes: jobs on a cluster at once; 0: all run here.
    """

    cores: int
    there: int
    gpus: int
    memory: int
    asked: int
    nodes: int


@dataclass(frozen=True)
class Choices:
    """Names among which a smaller study can choose.

    Attributes
    ----------
    seeds, splits, scenarios: as chosen, folds of leave-event-out as one split; scenarios with the
        fewest dates first.
    features: id -> group of the chosen feature sets, in the order of their table, without rows that
        are there for an ablation.
    """

    seeds: Sequence[int]
    splits: Sequence[str]
    scenarios: Sequence[str]
    features: Mapping[str, str]


def between(speeds: Sequence[Speed], channels: int) -> tuple[float, float]:
    """Seconds per patch of training and of the forward pass, on a line through first and last."""
    low, high = speeds[0], speeds[-1]
    part = (channels - low.channels) / max(high.channels - low.channels, 1)
    return (
        low.training + part * (high.training - low.training),
        low.forward + part * (high.forward - low.forward),
    )


def undisturbed(low: Speed, high: Speed) -> Speed:
    """The speed `low` of fewer channels; what took longer than more channels was disturbed."""
    return replace(
        low,
        training=min(low.training, high.training),
        forward=min(low.forward, high.forward),
    )


def training_seconds(
    model: PlannedModel, patches: Patches, speeds: Sequence[Speed], effort: Effort
) -> float:
    """Seconds of one training: every epoch trains on the augmented patches, then validates.

    Precise batch normalisation passes the training patches through the network once more.
    """
    training, forward = between(speeds, model.channels)
    passed = patches.validation + (patches.training if effort.batch_norm == "precise" else 0)
    steps = patches.training * len(SETS[model.augmentation])
    return effort.epochs * (steps * training + passed * forward)


def running_at_once(machine: Machine, effort: Effort) -> tuple[int, str]:
    """How many trainings run at the same time, and what keeps more from it."""
    if machine.nodes:
        return machine.nodes, "jobs of the cluster, taken to be as fast as this machine"
    threads = min(effort.threads, machine.cores)
    limits = [(machine.cores // threads, f"of {machine.cores} cores each takes {threads}")]
    if machine.memory and machine.asked:
        # A training that asks for more than there is runs alone.
        number = max(machine.memory // machine.asked, 1)
        limits.append((number, f"of mem_mb={machine.memory} each asks for {machine.asked}"))
    if machine.gpus and effort.device != "cpu":
        reason = f"resource gpu={machine.gpus}, which device {effort.device} asks for"
        limits.append((machine.gpus, reason))
    return min(limits, key=lambda limit: limit[0])


def elapsed(seconds: Iterable[float], at_once: int) -> float:
    """Seconds until trainings of these durations end: no sooner than the longest of them."""
    each = list(seconds)
    return max(sum(each) / at_once, max(each, default=0.0))


@dataclass(frozen=True)
class Alternative:
    """Something cheaper.

    Attributes
    ----------
    what: in words; added: what to add to the command.
    seconds: that the trainings would then take; None where that cannot be measured here.
    anew: whether it changes trainings that are finished, so that they run again.
    """

    what: str
    added: str
    seconds: float | None
    anew: bool = False


#: Seconds below which nothing need be cheaper.
_WORTHWHILE = 60.0


def cheaper(
    models: Sequence[PlannedModel],
    left: frozenset[ModelId],
    cost: Callable[[PlannedModel], float],
    halved: float,
    on_gpu: bool,
    machine: Machine,
    effort: Effort,
    choices: Choices,
) -> tuple[Alternative, ...]:
    """What would end sooner by 5 % or more, soonest first; what cannot be timed here stands last.

    Parameters
    ----------
    models: of the whole study; left: those still to train.
    cost: seconds of a training.
    halved: what the time of a training is multiplied with when `base_width` is halved.
    on_gpu: whether the costs are those of a GPU.
    """
    at_once, _ = running_at_once(machine, effort)
    waiting = [model for model in models if model.identity in left]
    now = elapsed(map(cost, waiting), at_once)
    if now < _WORTHWHILE:
        return ()
    finished = len(waiting) < len(models)

    found = [
        Alternative(what, added, elapsed((cost(m) for m in waiting if keep(m)), at_once))
        for what, added, keep in _smaller_studies(choices)
    ]
    found += [
        Alternative(what, added, elapsed(map(cost, waiting), number))
        for what, added, number in _more_at_once(machine, effort, on_gpu)
    ]
    plain = [m if m.own_augmentation else replace(m, augmentation="none") for m in models]
    changed = [m for m, old in zip(plain, models, strict=True) if m != old or m.identity in left]
    found.append(
        Alternative(
            "no augmentation",
            "--config augmentation=none",
            elapsed(map(cost, changed), at_once),
            finished,
        )
    )
    if effort.base_width > 1:
        width = effort.base_width // 2
        found.append(
            Alternative(
                f"a network of half the width, {width}",
                f"--config 'model={{base_width: {width}}}'",
                elapsed((halved * cost(m) for m in models), at_once),
                finished,
            )
        )
    sooner = [(row.seconds, row) for row in found if row.seconds and row.seconds < 0.95 * now]
    timed = tuple(row for _, row in sorted(sooner, key=lambda pair: pair[0]))
    if on_gpu:
        return timed
    added = "--config 'training={device: auto}'" if effort.device == "cpu" else ""
    return (*timed, Alternative("a GPU; PyTorch finds none here", added, None))


def _smaller_studies(
    choices: Choices,
) -> list[tuple[str, str, Callable[[PlannedModel], bool]]]:
    """Smaller studies: what, what to add, and which models they keep."""
    found: list[tuple[str, str, Callable[[PlannedModel], bool]]] = []
    if len(choices.seeds) > 1:
        seed = choices.seeds[0]
        found.append(
            ("one seed", f"--config 'study={{seeds: [{seed}]}}'", lambda model: model.seed == seed)
        )
    if len(choices.splits) > 1:
        found += [
            (f"only split {split}", f"--config 'study={{splits: [{split}]}}'", _is_of(split))
            for split in choices.splits
        ]
    if len(choices.scenarios) > 1:
        scenario = choices.scenarios[0]
        found.append(
            (
                f"only scenario {scenario}",
                f"--config 'study={{scenarios: [{scenario}]}}'",
                lambda model: model.scenario == scenario,
            )
        )
    firsts = {group: name for name, group in reversed(list(choices.features.items()))}
    features = [name for name, group in choices.features.items() if firsts[group] == name]
    if len(features) < len(choices.features):
        found.append(
            (
                "one feature set of each group",
                f"--config 'study={{features: [{', '.join(features)}]}}'",
                lambda model: model.features in features,
            )
        )
    return found


def _is_of(split: str) -> Callable[[PlannedModel], bool]:
    """Whether a model is of a split, or of a fold of it."""
    return lambda model: kind_of(model.split) == split


def _more_at_once(machine: Machine, effort: Effort, on_gpu: bool) -> list[tuple[str, str, int]]:
    """Ways to run more trainings at the same time: what, what to add, and how many then run."""
    if machine.nodes or on_gpu:
        return []
    free = replace(effort, device="cpu")
    found = [
        (
            "trainings need not take turns for a GPU",
            "--config 'training={device: cpu}'",
            running_at_once(machine, free)[0],
        )
    ]
    if machine.there > machine.cores:
        number, _ = running_at_once(replace(machine, cores=machine.there), effort)
        found.append(("all cores of this machine", f"--cores {machine.there}", number))
    return found
