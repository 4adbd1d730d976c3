"""The card of a model: its numbers by hand, what it says first, and what it must not break."""

import hashlib
from dataclasses import replace

import pytest

import made_assessments as made
from scarp.assessments import Measures, ObjectRow, StratumRow, by_model, read_measures
from scarp.channels import expand, manifest
from scarp.errors import ModelError
from scarp.markdown import escaped, table
from scarp.model_card import model_card, parameters, write_cards
from scarp.model_description import Architecture
from scarp.model_file import save
from scarp.summary import Model
from scarp.unet import UNet
from tiny_model import DESCRIPTION, network

REAL = replace(DESCRIPTION, sources=("archive",))
MODEL = Model("roles", "rgb", "1pre-1post", 7)
SHA = "c0ffee" * 10
GROUPS = {"S1": "G1", "S2": "G2", "S3": "G2", "S4": "G4"}
_SCORES = [name for name, of in Measures.__annotations__.items() if of == "float | None"]


def measured(site, role="independent", landslide=1000, source="archive", **values):
    empty = dict.fromkeys(_SCORES)
    return Measures(
        **{"model": MODEL, "site": site, "role": role, "source": source, "pixels": 90000},
        **{"landslide": landslide, **empty, **values},
    )


def counted(site, found, missed, false=0, size="<2500", rule="any", km2=50.0):
    return ObjectRow(MODEL, site, "independent", rule, size, found, missed, found, false, km2)


def stratum(site, name, tp, fn, landslides=20, kind="slope"):
    return StratumRow(MODEL, site, "independent", kind, name, landslides, tp, 5, fn, 900)


def card(measures=(), objects=(), strata=(), description=REAL, groups=GROUPS):
    return model_card(description, SHA, measures, objects, strata, groups)


def section(text, heading):
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def rows(text):
    """Cells of all rows of all tables."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# --- what it is


@pytest.mark.parametrize("sizes", [(2, 4, 2), (19, 8, 3), (1, 1, 1)])
def test_parameters_are_those_of_the_network(sizes):
    counted_ = sum(weight.numel() for weight in UNet(*sizes).parameters())
    assert parameters(Architecture(*sizes)) == counted_


def test_parameters_of_the_paper_are_31_million():
    assert parameters(Architecture(19, 32, 5)) == 31_111_137


def test_channels_stand_in_their_order_with_what_they_are():
    told = section(card(), "What it is")
    assert rows(told)[2:] == [
        ["1", r"None\_SLOPE", "slope", "degree", "none"],
        ["2", r"POST1\_B04", "surface reflectance, red 665 nm", "1", "first after the event"],
    ]
    assert "Sentinel-2: 0 before and 1 after the event." in told
    assert "validation F1 there: 0.625" in told
    assert "batch, " not in told  # the settings end with it
    undefined = section(card(description=replace(REAL, validation_f1=None)), "What it is")
    assert "validation F1 there: undefined" in undefined


@pytest.mark.parametrize(
    ("bands", "pre", "images", "also"),
    [
        (["GAMMA0", "COH"], 1, "1 before and 1 after", "scene of PRE2, second last before"),
        (["GAMMA0", "COH"], 3, "3 before and 1 after", None),
        (["COH"], 3, "2 before and 1 after", "scene of PRE3, third last before"),
    ],
)
def test_coherence_needs_the_scene_before(bands, pre, images, also):
    description = replace(REAL, channels=manifest(expand(bands), pre, 1))
    told = section(card(description=description), "What it is")
    assert f"Sentinel-1: {images} the event." in told
    assert (also in told) if also else ("also needs" not in told)


def test_terrain_alone_must_not_map():
    control = replace(REAL, channels=("None_DEM", "None_SLOPE"))
    assert "must not map anything" in card(description=control)
    assert "none, terrain alone" in card(description=control)
    assert "must not map anything" not in card()


# --- data


def test_simulated_data_come_first():
    text = card([measured("S1", source="simulated")], description=DESCRIPTION)
    first = text.split("\n\n")[1]
    assert first.startswith("> **Simulated data.** It was trained on simulated events")
    assert "Simulated test sites: S1." in first
    assert "Simulated: made by the simulator" in section(text, "Licence of the data")


def test_simulated_sites_of_a_real_model_are_named():
    text = card([measured("S1"), measured("S2", source="simulated scenes")])
    first = text.split("\n\n")[1]
    assert "Simulated test sites: S2." in first
    assert "trained on simulated" not in first
    assert "Simulated" not in card([measured("S1")])


def test_the_archive_s_licence_is_told():
    told = section(card(), "Licence of the data")
    assert "CC-BY-4.0" in told
    assert "zenodo.15284357" in told
    other = section(card(description=replace(REAL, sources=("ours",))), "Licence of the data")
    assert "ours: not known." in other


# --- scores


def test_means_are_over_groups_with_their_interval():
    text = card([measured("S1", f1=0.39), measured("S2", f1=0.4), measured("S3", f1=0.42)])
    # Groups G1 0.39 and G2 0.41: mean 0.4, standard error 0.01, t of one degree of freedom 12.7062.
    assert ["independent", "F1", "0.400", "0.273 to 0.527", "2"] in rows(text)
    far = card([measured("S1", f1=0.2, mcc=0.2), measured("S2", f1=0.6, mcc=0.6)])
    assert ["independent", "F1", "0.400", "0.000 to 1.000", "2"] in rows(far)
    assert ["independent", "MCC", "0.400", "\N{MINUS SIGN}1.000 to 1.000", "2"] in rows(far)
    assert ["S2", "independent", "1000", "undefined", "undefined", "0.400"] in [
        row[:6] for row in rows(text)
    ]


def test_one_group_has_no_interval_and_roles_stay_apart():
    text = card(
        [measured("S2", f1=0.5), measured("S3", f1=0.7), measured("S1", "dependent", f1=0.1)]
    )
    assert ["independent", "F1", "0.600", "none", "1"] in rows(text)
    assert ["dependent", "F1", "0.100", "none", "1"] in rows(text)
    assert "One group alone has none" in text
    sites = [row[0] for row in rows(section(text, "Scores")) if row[0] in GROUPS]
    assert sites[:3] == ["S2", "S3", "S1"]


def test_scores_at_the_chosen_threshold_stand_beside():
    validation = measured("validation", "validation", threshold=0.3125)
    text = card([validation, measured("S1", f1=0.25, f1_chosen=0.75, threshold=0.3125)])
    assert "highest F1 on validation, 0.312:" in text
    assert ["independent", "F1", "0.750", "none", "1"] in rows(text)
    without = card([measured("S1", f1=0.25)])
    assert "Validation chose no other threshold" in without
    assert "No site tested this model." in card([validation])


def test_a_card_changes_with_its_numbers():
    assert card([measured("S1", f1=0.25)]) != card([measured("S1", f1=0.26)])
    assert card([measured("S1", f1=0.25)]) == card([measured("S1", f1=0.25)])


# --- calibration


@pytest.mark.parametrize(
    ("temperature", "told"),
    [
        (1.5, "Temperature 1.500, fitted on the validation events, where the model was too sure"),
        (0.8, "not sure enough"),
        (None, "could not be fitted"),
    ],
)
def test_temperature_is_told_in_words(temperature, told):
    pooled = measured("validation", "validation", temperature=temperature, ece=0.2)
    text = section(card([pooled, measured("S1", ece=0.1, ece_calibrated=0.05)]), "Calibration")
    assert told in text
    assert rows(text)[2][:5] == ["validation", "all pooled", "1000", "0.200", "undefined"]
    assert ["independent", "ECE, scaled", "0.050", "none", "1"] in rows(text)


# --- objects


def test_objects_are_those_of_all_sites():
    objects = [
        *(counted("S1", 3, 1, 2), counted("S2", 2, 4, 4, km2=150.0)),
        counted("S1", 1, 3, 4, rule="iou_0.5"),
        counted("S2", 1, 5, 5, rule="iou_0.5", km2=150.0),
        counted("S1", 0, 0, size="cut"),
    ]
    told = rows(section(card(objects=objects), "Landslides found and missed"))
    assert told[2] == ["under 0.25 ha", "10", "5", "5", "0.500", "0.200", "6", "3.0"]
    assert told[3] == ["cut by border", "0", "0", "0", "undefined", "undefined", "0", "0.0"]
    assert "No objects were counted." in card()


# --- where it fails


def test_the_worst_sites_are_those_with_landslide_enough():
    sites = [
        *(measured("S1", f1=0.5), measured("S2", f1=0.3), measured("S4", f1=0.9)),
        measured("S3", f1=0.1, landslide=499),
    ]
    told = section(card(sites), "Where it fails")
    assert "lowest F1 of 3: S2 0.300 (1000 landslide pixels); S1 0.500" in told
    assert "The best has 0.900." in told
    assert "S3" not in told
    few = section(card(sites[:1]), "Where it fails")
    assert "fewer than two have landslide pixels enough" in few


def test_false_alarms_where_there_is_no_landslide_are_told():
    objects = [counted("S1", 0, 0, 3, size="all"), counted("S2", 1, 0, 9, size="all")]
    told = section(card([measured("S1", landslide=0), measured("S2")], objects), "Where it fails")
    assert "where there is no landslide: S1 6.0." in told
    assert "where there is no" not in section(card([measured("S2")], objects), "Where it fails")


def test_the_worst_classes_are_those_that_two_groups_have():
    strata = [
        *(stratum("S1", "<10", 10, 90), stratum("S2", "<10", 30, 70)),
        *(stratum("S1", "10-20", 90, 10), stratum("S2", "10-20", 70, 30)),
        stratum("S1", ">=40", 0, 100),  # one group
        *(stratum("S1", "30-40", 0, 9, 4), stratum("S2", "30-40", 0, 9, 5)),  # 9 landslides
    ]
    told = section(card(strata=strata), "Where it fails")
    assert (
        "Slope, recall of pixels: lowest 0.200, under 10° (200 landslide pixels);"
        " highest 0.800, 10 to 20° (200 landslide pixels)." in told
    )
    same = dict.fromkeys(GROUPS, "G")
    one = section(card(strata=strata, groups=same), "Where it fails")
    assert "Slope, recall of pixels: too few landslides or groups" in one


def test_the_worst_sizes_leave_out_those_of_no_size():
    objects = [
        counted(site, found, 10 - found, size=size)
        for size, found in (("<2500", 2), ("2500-10000", 6), ("cut", 0), ("all", 1))
        for site in ("S1", "S2")
    ]
    told = section(card(objects=objects), "Where it fails")
    assert "lowest 0.200, under 0.25 ha (20 landslides); highest 0.600, 0.25 to 1 ha" in told


# --- text


def test_no_text_is_markup():
    assert escaped("a|b *c* <d>\n[e](f) `g`") == r"a\|b \*c\* \<d\> \[e\]\(f\) \`g\`"
    hostile = replace(REAL, augmentation="<b>|x", events=("A|B",))
    text = card([measured("S|1", f1=0.5)], description=hostile, groups={"S|1": "G"})
    assert r"\<b\>\|x" in text
    assert r"S\|1" in text
    assert "<b>" not in text


def test_a_table_has_as_many_cells_as_columns_everywhere():
    text = card([measured("S1", f1=0.5)], [counted("S1", 1, 1)], [stratum("S1", "<10", 1, 1)])
    for part in text.split("\n\n"):
        if part.startswith("|"):
            assert len({len(row) for row in rows(part)}) == 1, part
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| :-- | --: |\n| 1 | 2 |"


def test_a_card_says_what_a_model_is_not_for_and_where_it_comes_from():
    text = card()
    assert "Not for: evacuation" in text
    assert "snakemake --cores 4 map --config event=ID" in text
    told = dict(row[:2] for row in rows(section(text, "Where it comes from")))
    assert told["SHA-256 of the file"] == SHA
    assert told["hash of the code"] == "0123456789abcdef"
    assert "10.1080/15481603.2025.2502214" in section(text, "Citation")


# --- files


def test_every_model_gets_a_card_of_its_own_rows(tmp_path):
    tables = made.study(tmp_path, [("rgb", "1pre-1post")], seeds=(7, 8))
    models, paths = [], []
    for seed in (7, 8):
        models.append(tmp_path / f"{seed}.safetensors")
        paths.append(tmp_path / str(seed) / "MODEL_CARD.md")
        save(models[-1], network().state_dict(), replace(DESCRIPTION, seed=seed))
    given = (tables["measures"], tables["objects"], tables["strata"], made.GROUPS)
    write_cards(models, paths, *given)
    seven, eight = (path.read_text(encoding="utf-8") for path in paths)
    assert "# Landslide model roles/rgb/1pre-1post/seed7\n" in seven
    assert hashlib.sha256(models[0].read_bytes()).hexdigest() in seven
    own = by_model(read_measures(tables["measures"]))[MODEL]
    f1 = next(row.f1 for row in own if row.site == "S3")
    assert f"{f1:.3f}" in next(line for line in seven.splitlines() if line.startswith("| S3"))
    assert section(seven, "Scores") != section(eight, "Scores")
    with pytest.raises(ModelError):
        write_cards([tmp_path / "none"], paths[:1], *given)
