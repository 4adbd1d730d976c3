"""Which models map an event: what its images serve decides first, then the validation score."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarp import tables
from scarp.channels import all_channels, split_channel
from scarp.cube import write_cube
from scarp.errors import DataError, ModelError
from scarp.grid import Grid
from scarp.mapping import availability
from scarp.mapping.availability import Availability, read_availability
from scarp.mapping.cautions import cautions
from scarp.mapping.choice import Choice, choose
from scarp.mapping.image_names import dates_of_images
from scarp.mapping.stored import Card, Stored
from wrong_inputs import ROOT

SCENARIOS = tables.read_scenarios(ROOT / "config" / "scenarios.tsv")
SETS = tables.read_feature_sets(ROOT / "config" / "feature_sets.tsv", SCENARIOS)
#: Experiment -> its validation F1: more images, better scores, as one would wish.
SCORES = {
    "gamma0-coh-rgb-nir/3pre-3post": 0.80,
    "gamma0-coh-rgb-nir/1pre-1post": 0.75,
    "gamma0-rgb-nir/1pre-1post": 0.72,
    "gamma0-coh/3pre-1post": 0.70,
    "rgb-nir/1pre-1post": 0.66,
    "gamma0-coh/1pre-1post": 0.64,
    "gamma0/3pre-3post": 0.62,
    "gamma0/1pre-1post": 0.60,
    "terrain/1pre-1post": 0.95,
}
EVERYTHING = all_channels()


def channels_of(experiment: str) -> tuple[str, ...]:
    features, scenario = experiment.split("/")
    (found,) = tables.experiments(SETS, SCENARIOS, [features], [scenario])
    return found.channels


CHANNELS = {experiment: channels_of(experiment) for experiment in SCORES}


def stored(experiment: str, score: float | None, split: str = "roles", seed: int = 1) -> Stored:
    features, scenario = experiment.split("/")
    channels = CHANNELS[experiment]
    card = Card(
        features, scenario, split, seed, channels, ("archive",), ("archive",), 0.5, score, "f"
    )
    return Stored(f"{card.name}/model.safetensors", 1, "", card)


MODELS = [stored(experiment, score, seed=s) for experiment, score in SCORES.items() for s in (1, 2)]


def served(channels: Iterable[str], gaps: Mapping[str, float] | None = None) -> Availability:
    """What an event has of these channels; `gaps` of 100 pixels: start of a name -> without data.

    All gaps begin at the first pixel, so that the largest holds the others.
    """
    names = tuple(name for name in EVERYTHING if name in set(channels))
    patterns: dict[int, int] = {}
    for pixel in range(100):
        bits = sum(
            1 << n
            for n, name in enumerate(names)
            if not any(name.startswith(k) and pixel < gap for k, gap in (gaps or {}).items())
        )
        patterns[bits] = patterns.get(bits, 0) + 1
    return Availability("X", "archive", ("archive",), names, {}, {}, 100, patterns)


def without(*words: str) -> list[str]:
    """All channels but those whose name holds one of these words."""
    return [name for name in EVERYTHING if not any(word in name for word in words)]


def sensors(*wanted: str) -> list[str]:
    return [n for n in EVERYTHING if split_channel(n)[1].sensor in ("terrain", *wanted)]


def chosen(available: Availability, models: Sequence[Stored] = MODELS) -> str:
    return choose(models, available, "", 0.8).chosen.ensemble.name.partition("/")[2]


ONE_AND_ONE = [n for n in without("PRE2", "PRE3", "POST2", "POST3") if n != "PRE1_COHVV"]


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (served(EVERYTHING), "gamma0-coh-rgb-nir/3pre-3post"),
        (served(sensors("sentinel1")), "gamma0-coh/3pre-1post"),
        (served(EVERYTHING, {"POST1_B": 69}), "gamma0-coh/3pre-1post"),
        (served(EVERYTHING, {"POST1_B": 20}), "gamma0-coh-rgb-nir/3pre-3post"),
        (served(without("POST2", "POST3")), "gamma0-coh-rgb-nir/1pre-1post"),
        (served(without("COHVV")), "gamma0-rgb-nir/1pre-1post"),
        (served(without("COHVV", "_B", "NDVI")), "gamma0/3pre-3post"),
        (served(without("PRE3", "_B", "NDVI")), "gamma0-coh/1pre-1post"),
        (served(sensors("sentinel2")), "rgb-nir/1pre-1post"),
        (served(ONE_AND_ONE), "gamma0-rgb-nir/1pre-1post"),
        (served(set(ONE_AND_ONE) & set(sensors("sentinel1"))), "gamma0/1pre-1post"),
        (served(EVERYTHING, {"POST1_B": 30, "PRE3": 25}), "gamma0-coh/1pre-1post"),
    ],
    ids=[
        "all",
        "no optics",
        "clouded optics",
        "few clouds",
        "only POST1",
        "no coherence",
        "no coherence, no optics",
        "no PRE3, no optics",
        "optical only",
        "one date on either side",
        "one date on either side, no optics",
        "clouds and a date that covers little",
    ],
)
def test_the_best_that_the_images_serve_is_chosen(available: Availability, expected: str) -> None:
    assert chosen(available) == expected


@pytest.mark.parametrize("names", [sensors(), [*sensors(), "POST1_gVV", "POST1_gVH"]])
def test_an_event_that_serves_nothing_is_told_what_it_lacks(names: list[str]) -> None:
    with pytest.raises(ModelError) as error:
        choose(MODELS, served(names), "", 0.8)
    (fault,) = error.value.faults
    assert fault.offender == "event X"
    assert "serves none of 8 candidates" in fault.fact
    if "POST1_gVV" in names:
        needs = "gamma0/1pre-1post needs a Sentinel-1 pass before the event (PRE1) (lacks"
        assert f"nearest: roles/{needs} PRE1_gVV, PRE1_gVH)" in fault.fact
    assert "rgb-nir/1pre-1post needs a Sentinel-2 image before the event (PRE1) and" in fault.fact


def test_models_that_see_nothing_of_the_event_never_map_it() -> None:
    with pytest.raises(ModelError, match="roles/terrain/1pre-1post see nothing after an event"):
        choose([stored("terrain/1pre-1post", 0.95)], served(EVERYTHING), "", 0.8)
    last = choose(MODELS, served(EVERYTHING), "", 0.8).candidates[-1]
    assert last.ensemble.features == "terrain" and not last.fits
    # Told by its channels, whatever it is called.
    card = replace(stored("terrain/1pre-1post", 0.95).card, features="best", scenario="6pre")
    before = replace(card, channels=("None_DEM", "PRE1_gVV"), scenario="1pre")
    blind = [Stored(name, 1, "", own) for name, own in (("a", card), ("b", before))]
    choice = choose([*blind, stored("gamma0/1pre-1post", 0.1)], served(EVERYTHING), "", 0.8)
    assert choice.chosen.ensemble.name == "roles/gamma0/1pre-1post"
    assert [one.ensemble.scenario for one in choice.candidates] == ["1pre-1post", "1pre", "6pre"]
    assert [one.fits for one in choice.candidates] == [True, False, False]


SEEING = [experiment for experiment in SCORES if experiment != "terrain/1pre-1post"]
#: Gaps as above, of which each makes other experiments fit.
AVAILABLE = [
    served(EVERYTHING),
    served(sensors("sentinel1")),
    served(sensors("sentinel2")),
    served(ONE_AND_ONE),
    served(EVERYTHING, {"POST1_B": 50, "PRE3": 50}),
]


@settings(max_examples=150, deadline=None)
@given(
    st.permutations([SCORES[experiment] for experiment in SEEING]),
    st.sampled_from(AVAILABLE),
    st.randoms(use_true_random=False),
)
def test_the_choice_follows_permuted_scores(
    scores: list[float], available: Availability, random: object
) -> None:
    own = dict(zip(SEEING, scores, strict=True))
    models = [stored(experiment, score) for experiment, score in own.items()]
    random.shuffle(models)  # type: ignore[attr-defined]
    fitting = [one for one in SEEING if available.coverage(CHANNELS[one]) >= 0.8]
    assert chosen(available, models) == max(fitting, key=own.__getitem__)


def test_equal_scores_are_decided_by_fewer_channels_then_by_name() -> None:
    models = [stored(one, 0.7) for one in SEEING]
    assert chosen(served(EVERYTHING), models) == "gamma0/1pre-1post"
    twin = replace(models[-1].card, features="a-gamma0")
    models.append(Stored("twin", 1, "", twin))
    assert chosen(served(EVERYTHING), models) == "a-gamma0/1pre-1post"


def test_models_without_a_validation_score_come_last_and_it_is_said() -> None:
    best, poor = "gamma0-coh-rgb-nir/3pre-3post", "gamma0/1pre-1post"
    choice = choose([stored(best, None), stored(poor, 0.01)], served(EVERYTHING), "", 0.8)
    assert choice.chosen.ensemble.features == "gamma0"
    assert f"Next come roles/{best} (no validation score)." in choice.why
    alone = choose([stored(best, None), stored(best, 0.5, seed=2)], served(EVERYTHING), "", 0.8)
    assert alone.chosen.ensemble.validation_f1 == 0.5
    assert any("1 of 2 models have no validation score" in told for told in alone.warnings)


def test_seeds_and_folds_are_one_ensemble_with_the_mean_of_their_scores() -> None:
    folds = [
        stored("gamma0/1pre-1post", score, f"leave-event-out-{fold}", seed)
        for (fold, seed), score in zip(
            itertools.product((2, 1), (1, 2)), (0.9, 0.7, 0.3, 0.5), strict=True
        )
    ]
    choice = choose(folds, served(EVERYTHING), "", 0.8)
    ensemble = choice.chosen.ensemble
    assert ensemble.name == "leave-event-out/gamma0/1pre-1post"
    assert [model.card.name.split("/")[0][-1] for model in ensemble.models] == list("1122")
    assert ensemble.validation_f1 == pytest.approx(0.6)
    assert "mean" not in choice.why and not choice.warnings
    # A better mean beats a better single model.
    rival = [stored("rgb-nir/1pre-1post", 0.61, f"leave-event-out-{fold}") for fold in (1, 2)]
    assert chosen(served(EVERYTHING), [*folds, *rival]) == "rgb-nir/1pre-1post"
    partly = choose([*folds, rival[0]], served(EVERYTHING), "", 0.8)
    assert any("not every candidate" in told.lower() for told in partly.warnings)


def test_only_models_of_one_split_are_compared() -> None:
    models = [
        stored("gamma0/1pre-1post", 0.3),
        stored("gamma0/1pre-1post", 0.9, "leave-event-out-1"),
    ]
    with pytest.raises(ModelError, match="there are models of 2 splits") as error:
        choose(models, served(EVERYTHING), "", 0.8)
    assert error.value.faults[0].allowed == "leave-event-out, roles"
    for split, score in (("roles", 0.3), ("leave-event-out", 0.9)):
        ensemble = choose(models, served(EVERYTHING), split, 0.8).chosen.ensemble
        assert (ensemble.split, ensemble.validation_f1) == (split, score)
    with pytest.raises(ModelError, match="no model of split 'role'") as error:
        choose(models, served(EVERYTHING), "role", 0.8)
    assert error.value.faults[0].cure == "did you mean 'roles'?"


def test_models_that_contradict_each_other_are_refused() -> None:
    first = stored("gamma0/1pre-1post", 0.5)
    with pytest.raises(ModelError, match="copy: is model roles/gamma0/1pre-1post/seed1, and so is"):
        choose([first, replace(first, path="s/copy")], served(EVERYTHING), "", 0.8)
    other = replace(first.card, seed=2, threshold=0.4, channels=first.card.channels[1:])
    with pytest.raises(ModelError) as error:
        choose([first, Stored("s/other", 1, "", other)], served(EVERYTHING), "", 0.8)
    assert [fault.fact.split()[2] for fault in error.value.faults] == ["channels", "threshold"]


# ---------------------------------------------------------------- what is told


def told(available: Availability, models: Sequence[Stored] = MODELS) -> Choice:
    return choose(models, available, "", 0.8)


def test_clouds_are_told_with_what_the_image_covers() -> None:
    choice = told(served(EVERYTHING, {"POST1_B": 69}))
    assert choice.improve == (
        "With a cloud-free Sentinel-2 image after the event (POST1 covers 31 %),"
        " roles/gamma0-coh-rgb-nir/3pre-3post could map this event: validation F1 0.800 instead of"
        " 0.700.",
    )
    assert "for 4 of 8 candidates; 100 % for roles/gamma0-coh/3pre-1post" in choice.why
    assert not choice.warnings


def test_missing_images_are_told_in_time_order_best_gain_first() -> None:
    choice = told(served(ONE_AND_ONE))
    assert choice.chosen.ensemble.validation_f1 == pytest.approx(0.72)
    first, second = choice.improve
    assert first.startswith(
        "With a third Sentinel-1 pass before the event (PRE3), a second Sentinel-1 pass before the"
        " event (PRE2), a second Sentinel-1 pass after the event (POST2) and a third Sentinel-1"
        " pass after the event (POST3), roles/gamma0-coh-rgb-nir/3pre-3post"
    )
    assert second.startswith(
        "With a second Sentinel-1 pass before the event (PRE2) for the coherence of PRE1,"
        " roles/gamma0-coh-rgb-nir/1pre-1post could map this event: validation F1 0.750"
    )


def test_a_worse_candidate_that_needs_more_is_not_told() -> None:
    models = [
        stored("gamma0-rgb-nir/1pre-1post", 0.9),
        stored("gamma0-coh-rgb-nir/1pre-1post", 0.8),
        stored("gamma0-coh/3pre-1post", 0.7),
        stored("gamma0/1pre-1post", 0.6),
    ]
    choice = told(served(set(ONE_AND_ONE) & set(sensors("sentinel1"))), models)
    assert [sentence.split("roles/")[1].split()[0] for sentence in choice.improve] == [
        "gamma0-rgb-nir/1pre-1post",
        "gamma0-coh/3pre-1post",
    ]


def test_bands_that_were_not_made_of_an_image_that_is_there_are_told() -> None:
    choice = told(served(without("POST1_COHVV", "_B", "NDVI")))
    assert choice.chosen.ensemble.name == "roles/gamma0/3pre-3post"
    assert any("With COHVV of the Sentinel-1 passes PRE1 and POST1," in s for s in choice.improve)


def test_too_little_coverage_everywhere_takes_the_most_and_warns() -> None:
    choice = told(served(EVERYTHING, {"None_SLOPE": 30, "POST1_B": 60, "PRE1_COHVV": 40}))
    # 70 % for all without optics and coherence; equal coverage is decided by the score.
    assert choice.chosen.ensemble.name == "roles/gamma0/3pre-3post"
    assert choice.chosen.coverage == 0.7 and not choice.chosen.fits
    assert "cover 70 % of the area, less than 80 %" in choice.warnings[0]
    assert "all channels of 8 of 8 candidates and cover 80 % of the area for none" in choice.why
    assert any("elevation and slope of all of the area" in sentence for sentence in choice.improve)


def test_no_pixel_with_all_channels_is_nothing_to_map() -> None:
    with pytest.raises(ModelError, match="no pixel has all its channels"):
        choose([stored("rgb-nir/1pre-1post", 0.5)], served(EVERYTHING, {"PRE1_B": 100}), "", 0.0)


def test_one_model_makes_no_uncertainty() -> None:
    alone = choose([stored("gamma0/1pre-1post", 0.5)], served(EVERYTHING), "", 0.8)
    assert alone.warnings == ("One model makes this map, so there is no uncertainty beside it.",)


@pytest.mark.parametrize(
    ("sources", "source", "said"),
    [
        (("archive",), "archive", []),
        (("archive",), "scenes", ["of source archive, and"]),
        (("archive", "scenes"), "scenes", []),
        (("simulated",), "simulated", []),
        (("simulated",), "scenes", ["on simulated events only", "of source simulated, and"]),
        (("archive", "simulated"), "archive", ["on simulated events too"]),
        (("archive",), "simulated scenes", ["The event is simulated", "of source archive, and"]),
    ],
)
def test_other_sources_are_warned_of(
    sources: tuple[str, ...], source: str, said: list[str]
) -> None:
    model = stored("gamma0/1pre-1post", 0.5)
    models = [replace(model, card=replace(model.card, sources=sources))]
    available = replace(served(EVERYTHING), source=source)
    found = cautions(choose(models, available, "", 0.8), available, set())
    assert len(found) == len(said)
    assert all(words in sentence for words, sentence in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("seen", "own", "compared", "said"),
    [
        (("snap",), ("snap",), (), []),
        (("snap",), ("embedded",), (), [("engine embedded", "engine snap")]),
        (("snap",), ("embedded",), (("embedded", "snap"),), []),
        (("archive",), ("snap",), (("embedded", "archive"),), [("engine snap", "the archive")]),
        (("archive", "snap"), ("snap",), (), []),
        (
            ("archive", "snap"),
            ("embedded",),
            (),
            [("engine embedded", "the archive"), ("engine embedded", "engine snap")],
        ),
        (("snap",), ("embedded", "snap"), (), [("engine embedded", "engine snap")]),
        (("snap",), ("files",), (), []),
        (("snap",), (), (), []),
        ((), ("snap",), (), []),  # a model without radar
    ],
)
def test_an_engine_that_the_models_never_saw_is_warned_of(
    seen: tuple[str, ...],
    own: tuple[str, ...],
    compared: tuple[tuple[str, str], ...],
    said: list[tuple[str, str]],
) -> None:
    available = replace(served(EVERYTHING), engines=own)
    pairs = {frozenset(pair) for pair in compared}
    model = stored("gamma0/1pre-1post", 0.5)
    models = [replace(model, card=replace(model.card, engines=seen))]
    found = cautions(choose(models, available, "", 0.8), available, pairs)
    assert len(found) == len(said)
    for sentence, (made, learned) in zip(found, said, strict=True):
        assert f"was made by {made}, the models learned from that of {learned}," in sentence


# ---------------------------------------------------------------- what a cube has

SHAPE = (150, 140)


def cube(folder: Path, gaps: Mapping[str, int], names: Sequence[str] = EVERYTHING[:6]) -> Path:
    """Write a cube whose channels lack data in their first rows."""
    layers = {}
    for name in names:
        layers[name] = np.full(SHAPE, 0.5, dtype=np.float32)
        layers[name][: gaps.get(name, 0)] = np.nan
    path = folder / "cube.nc"
    write_cube(
        path,
        Grid("", 0.0, 0.0, 10.0, *SHAPE),
        layers,
        np.full(SHAPE, 255, dtype=np.uint8),
        np.zeros(SHAPE, dtype=np.uint8),  # nothing valid: that is no measure of what is seen
        {"event": "Y", "source": "scenes"},
        {
            name: {"date": f"2020-01-{n + 10}", "reference_date": "2020-01-05"}
            for n, name in enumerate(names)
            if not name.startswith("None")
        },
    )
    return path


@pytest.mark.parametrize("side", [64, 1024])
def test_coverage_is_the_share_of_pixels_with_elevation_where_all_have_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    monkeypatch.setattr(availability, "_SIDE", side)
    names = ("None_DEM", "None_SLOPE", "PRE1_gVV", "PRE1_COHVV", "POST1_B04", "POST1_NDVI")
    gaps = {"None_DEM": 50, "None_SLOPE": 50, "PRE1_gVV": 70, "POST1_B04": 120, "POST1_NDVI": 150}
    found = read_availability(cube(tmp_path, gaps, names))
    assert (found.event, found.source, found.channels) == ("Y", "scenes", names)
    assert found.pixels == 100 * SHAPE[1]
    shares = {name: found.coverage([name]) for name in names}
    assert shares == dict(zip(names, (1.0, 1.0, 0.8, 1.0, 0.3, 0.0), strict=True))
    assert found.coverage(["PRE1_gVV", "POST1_B04", "None_SLOPE"]) == 0.3
    assert found.coverage([]) == 1.0
    assert found.coverage(["None_DEM", "PRE2_gVV"]) == 0.0


def test_gaps_that_do_not_overlap_add_up(tmp_path: Path) -> None:
    path = tmp_path / "cube.nc"
    random = np.random.default_rng(1)
    layers = {
        name: np.where(random.random(SHAPE) < 0.3, np.nan, 0.5).astype(np.float32)
        for name in ("None_DEM", "PRE1_gVV", "POST1_COHVV", "POST1_B8A")
    }
    flags = np.zeros(SHAPE, dtype=np.uint8)
    grid = Grid("", 0.0, 0.0, 10.0, *SHAPE)
    write_cube(path, grid, layers, flags, flags, {"event": "Y", "source": "scenes"})
    found = read_availability(path)
    area = np.isfinite(layers["None_DEM"])
    for names in itertools.combinations(layers, 2):
        both = area & np.isfinite(layers[names[0]]) & np.isfinite(layers[names[1]])
        assert found.coverage(names) == pytest.approx(both.sum() / area.sum(), abs=1e-12)


def test_dates_are_told_by_image_also_of_the_earlier_scene_of_coherence(tmp_path: Path) -> None:
    names = ("None_DEM", "PRE1_gVV", "POST1_gVV", "PRE1_COHVV", "POST1_COHVV", "POST1_B04")
    found = read_availability(cube(tmp_path, {}, names))
    assert dates_of_images(["None_DEM", "PRE1_gVV", "POST1_B04"], found) == {
        "sentinel1": {"PRE1": "2020-01-11"},
        "sentinel2": {"POST1": "2020-01-15"},
    }
    assert dates_of_images(["PRE1_COHVV"], found) == {
        "sentinel1": {"PRE2": "2020-01-05", "PRE1": "2020-01-13"}
    }
    undated = replace(found, dates={}, reference_dates={})
    assert dates_of_images(["POST1_B04"], undated) == {"sentinel2": {"POST1": ""}}


def test_no_cube_and_a_cube_without_elevation_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as a cube"):
        read_availability(tmp_path / "none.nc")
    with pytest.raises(DataError, match="has no pixel with elevation"):
        read_availability(cube(tmp_path, {"None_DEM": SHAPE[0]}))
