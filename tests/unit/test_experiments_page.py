"""docs/experiments.md lists the channels of all experiments, and they are the right ones."""

from __future__ import annotations

import re

import pytest

from manifest_page import ROOT, compact, expand, page, tables

PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
TERRAIN = "None_DEM None_SLOPE"
#: Written by hand from the rules of the manifest's order, not by the library.
BY_HAND = {
    ("gamma0", "1pre-1post"): f"{TERRAIN} PRE1_gVV PRE1_gVH POST1_gVV POST1_gVH",
    ("gamma0", "3pre-1post"): (
        f"{TERRAIN} PRE3_gVV PRE3_gVH PRE2_gVV PRE2_gVH PRE1_gVV PRE1_gVH POST1_gVV POST1_gVH"
    ),
    ("gamma0-coh", "1pre-3post"): (
        f"{TERRAIN} PRE1_gVV PRE1_gVH POST1_gVV POST1_gVH POST2_gVV POST2_gVH POST3_gVV POST3_gVH"
        " PRE1_COHVV POST1_COHVV POST2_COHVV POST3_COHVV"
    ),
    ("ndvi", "1pre-1post"): f"{TERRAIN} PRE1_NDVI POST1_NDVI",
    ("rgb-nir-re-swir", "1pre-1post"): (
        f"{TERRAIN} PRE1_B04 PRE1_B03 PRE1_B02 PRE1_B08 PRE1_B05 PRE1_B06 PRE1_B07 PRE1_B8A"
        " PRE1_B11 PRE1_B12 POST1_B04 POST1_B03 POST1_B02 POST1_B08 POST1_B05 POST1_B06 POST1_B07"
        " POST1_B8A POST1_B11 POST1_B12"
    ),
    ("gamma0-haa-ndvi", "1pre-1post"): (
        f"{TERRAIN} PRE1_gVV PRE1_gVH POST1_gVV POST1_gVH PRE1_ENTROPY PRE1_ANISOTROPY PRE1_ALPHA"
        " POST1_ENTROPY POST1_ANISOTROPY POST1_ALPHA PRE1_NDVI POST1_NDVI"
    ),
    ("gamma0-coh-haa", "3pre-3post"): (
        f"{TERRAIN} PRE3_gVV PRE3_gVH PRE2_gVV PRE2_gVH PRE1_gVV PRE1_gVH POST1_gVV POST1_gVH"
        " POST2_gVV POST2_gVH POST3_gVV POST3_gVH"
        " PRE2_COHVV PRE1_COHVV POST1_COHVV POST2_COHVV POST3_COHVV"
        " PRE3_ENTROPY PRE3_ANISOTROPY PRE3_ALPHA PRE2_ENTROPY PRE2_ANISOTROPY PRE2_ALPHA"
        " PRE1_ENTROPY PRE1_ANISOTROPY PRE1_ALPHA POST1_ENTROPY POST1_ANISOTROPY POST1_ALPHA"
        " POST2_ENTROPY POST2_ANISOTROPY POST2_ALPHA POST3_ENTROPY POST3_ANISOTROPY POST3_ALPHA"
    ),
}


def _rows() -> dict[tuple[str, str], tuple[int, str]]:
    """(features, scenario) -> number and list of channels, as the page states them."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        features = section.partition("\n")[0]
        for scenario, number, channels in re.findall(
            r"^\| (\S+) \| (\d+) \| (.+) \|$", section, flags=re.MULTILINE
        ):
            found[features, scenario] = int(number), channels
    return found


def test_the_page_is_what_the_tables_give() -> None:
    assert page() == PAGE


def test_the_page_lists_sixty_two_experiments_of_4_to_57_channels() -> None:
    rows = _rows()
    numbers = [number for number, _ in rows.values()]
    assert len(rows) == 62
    assert (min(numbers), max(numbers)) == (4, 57)
    assert "62 experiments with 4 to 57 channels" in PAGE


def test_the_short_form_says_every_channel() -> None:
    listed, _ = tables()
    rows = _rows()
    assert len(listed) == len(rows)
    for experiment in listed:
        number, channels = rows[experiment.features, experiment.scenario]
        assert expand(channels) == experiment.channels
        assert number == len(experiment.channels)


@pytest.mark.parametrize("identity", BY_HAND, ids="-".join)
def test_manifests_are_those_written_by_hand(identity: tuple[str, str]) -> None:
    listed, _ = tables()
    (channels,) = (e.channels for e in listed if (e.features, e.scenario) == identity)
    assert list(channels) == BY_HAND[identity].split()


def test_neighbours_of_another_epoch_are_not_run_together() -> None:
    channels = ("None_DEM", "PRE1_gVV", "PRE1_gVH", "POST1_gVV", "PRE1_COHVV")
    assert compact(channels) == "DEM · PRE1: gVV gVH · POST1: gVV · PRE1: COHVV"
