"""Tables: the study's counts, manifests, and how rows become experiments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scarp import configuration, study, tables
from scarp.errors import TableError
from scarp.schema import load_schema
from wrong_inputs import ROOT


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.chdir(ROOT)
    loaded = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    return {**loaded, "source": "simulated"}


def test_published_study(config: dict[str, object]) -> None:
    loaded = study.load(configuration.check(config))
    assert len(loaded.events) == 28
    assert len(loaded.feature_sets) == 29
    assert len(loaded.experiments) == 62
    in_paper = [loaded.feature_sets[e.features].in_paper for e in loaded.experiments]
    assert in_paper.count("true") == 58
    assert in_paper.count("extra") == 4
    channels = [len(experiment.channels) for experiment in loaded.experiments]
    assert (min(channels), max(channels)) == (4, 57)
    groups = [loaded.feature_sets[e.features].group for e in loaded.experiments]
    assert (groups.count("sar"), groups.count("optical"), groups.count("fusion")) == (16, 6, 40)


def test_controls_run_when_asked(config: dict[str, object]) -> None:
    full = configuration.check({**config, "study": {"controls": True}})
    experiments = study.load(full).experiments
    assert [e.channels for e in experiments if e.features == "terrain"] == [
        ("None_DEM", "None_SLOPE")
    ]
    assert len(experiments) == 71


def test_optical_set_runs_once_under_the_smallest_scenario(config: dict[str, object]) -> None:
    chosen = {"features": ["rgb"], "scenarios": ["3pre-3post"]}
    experiments = study.load(configuration.check({**config, "study": chosen})).experiments
    assert [(e.features, e.scenario) for e in experiments] == [("rgb", "1pre-1post")]


def test_comments_own_columns_and_row_order_change_nothing(tmp_path: Path) -> None:
    plain = tmp_path / "plain.tsv"
    plain.write_text("scenario\tpre\tpost\na\t1\t1\nb\t3\t3\n", encoding="utf-8")
    other = tmp_path / "other.tsv"
    other.write_text(
        "# dates\nscenario\twhy we chose it\tpre\tpost\nb\tall\t3\t3\n\na\t\t1\t1\n",
        encoding="utf-8",
    )
    assert tables.read_scenarios(plain) == tables.read_scenarios(other)


def test_all_faults_of_a_table_come_at_once(tmp_path: Path) -> None:
    table = tmp_path / "events.tsv"
    table.write_text(
        "event\tdate\trole\n"
        "A1\t2021-01-01\ttrian\nA2\t2021-13-01\ttrain\na2\t2021-01-01\ttrain\nA3\t\tapply\n",
        encoding="utf-8",
    )
    with pytest.raises(TableError) as caught:
        tables.read_events(table, "simulated")
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    for part in ("row 2 (A1)", "row 3 (A2)", "row 4 (a2)", "row 5 (A3)"):
        assert part in text


def test_leave_event_out_never_divides_a_group(config: dict[str, object]) -> None:
    asked = {**config, "study": {"splits": ["leave-event-out"]}}
    loaded = study.load(configuration.check(asked))
    assert len(loaded.splits) == 7
    tested = [event for split in loaded.splits for event in loaded.sites(split)]
    acting = [e.event for e in loaded.events.values() if e.role in ("train", "dependent")]
    assert sorted(tested) == sorted(acting)
    for split in loaded.splits:
        held = {loaded.events[event].group for event in loaded.sites(split)}
        trained = {loaded.events[event].group for event in loaded.training_events(split)}
        assert not held & trained


@pytest.mark.parametrize("name", ["config", "events", "acquisitions", "feature_sets", "scenarios"])
def test_schemas_document_every_leaf(name: str) -> None:
    def leaves(node: dict[str, object], path: str) -> list[str]:
        properties = node.get("properties")
        if not isinstance(properties, dict):
            return []
        assert node["additionalProperties"] is False, path
        bad = []
        required = node.get("required", [])
        assert isinstance(required, list)
        for key, leaf in properties.items():
            if "description" not in leaf or ("default" not in leaf and key not in required):
                bad.append(f"{path}/{key}")
            bad += leaves(leaf, f"{path}/{key}")
        return bad

    assert leaves(load_schema(name), name) == []


def test_defaults_of_the_schema_are_the_study(config: dict[str, object]) -> None:
    """config.yaml states the defaults; where it departs from them, this says where."""
    stated, default = configuration.check(config), configuration.check({})
    different = {key for key in default if stated[key] != default[key]}
    assert different == {"source", "simulate"}


def test_texts_of_the_command_line_are_read_as_numbers() -> None:
    full = configuration.check(
        {"training": {"epochs": "3", "learning_rate": "1e-3"}, "study": {"seeds": ["4"]}}
    )
    assert full["training"]["epochs"] == 3
    assert full["study"]["seeds"] == [4]
    shuffled = configuration.check({"simulate": {"shuffle_labels": "true"}})
    assert shuffled["simulate"]["shuffle_labels"] is True
    with pytest.raises(TableError, match="training: epochs: 'many'"):
        configuration.check({"training": {"epochs": "many"}})


def test_groups_that_train_and_test_are_named(config: dict[str, object], tmp_path: Path) -> None:
    assert study.load(configuration.check(config)).shared_groups() == {}
    table = tmp_path / "events.tsv"
    text = (ROOT / "config" / "events.tsv").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("PH0003"))
    table.write_text(text.replace(row, row.replace("\ttrain\t", "\tindependent\t")))
    full = configuration.check({**config, "tables": {"events": str(table)}})
    assert study.load(full).shared_groups() == {"PH-2022-04": ("PH0001", "PH0003", "PH0004")}
