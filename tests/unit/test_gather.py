from __future__ import annotations

from pathlib import Path

import pytest

from scarp.errors import DataError
from scarp.gather import gather
from scarp.summary import Model

MODELS = [Model("roles", "rgb", "1pre-1post", 1), Model("roles", "rgb", "1pre-1post", 2)]


def test_rows_follow_the_model_that_they_belong_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("site\tf1\nS\t0.5\nT\t\n")
    (tmp_path / "b").write_text("site\tf1\n")  # a table may be empty
    (tmp_path / "c").write_text("site\tf1\nS\t0.25\n")
    third = MODELS[1]._replace(seed=3)
    files = zip([*MODELS, third], (tmp_path / name for name in "abc"), strict=True)
    gather(files, tmp_path / "out")
    assert (tmp_path / "out").read_text() == (
        "split\tfeatures\tscenario\tseed\tsite\tf1\n"
        "roles\trgb\t1pre-1post\t1\tS\t0.5\n"
        "roles\trgb\t1pre-1post\t1\tT\t\n"
        "roles\trgb\t1pre-1post\t3\tS\t0.25\n"
    )


@pytest.mark.parametrize("text", [None, "site\tiou\nS\t0.5\n"])
def test_a_missing_or_foreign_table_is_named(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "a").write_text("site\tf1\nS\t0.5\n")
    if text:
        (tmp_path / "b").write_text(text)
    with pytest.raises(DataError) as error:
        gather(zip(MODELS, (tmp_path / "a", tmp_path / "b"), strict=True), tmp_path / "out")
    assert error.value.faults[0].offender == str(tmp_path / "b")
    assert not (tmp_path / "out").exists()
