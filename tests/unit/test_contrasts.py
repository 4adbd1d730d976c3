"""The table of planned contrasts: what its cells mean, and the faults they get."""

import subprocess
import sys

import pytest

from scarp.contrasts import Contrast, Side, of_study, read_contrasts
from scarp.errors import TableError
from scarp.tables import experiments, read_feature_sets, read_scenarios
from wrong_inputs import ROOT

SCENARIOS = read_scenarios(ROOT / "config" / "scenarios.tsv")
FEATURE_SETS = read_feature_sets(ROOT / "config" / "feature_sets.tsv", SCENARIOS)
HEADER = "contrast\tquestion\tlabel\ta\tb\tmetric\n"


def read(folder, *rows):
    path = folder / "contrasts.tsv"
    path.write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return read_contrasts(path, FEATURE_SETS, SCENARIOS)


def test_the_study_asks_the_papers_three_questions():
    planned = read_contrasts(ROOT / "config" / "contrasts.tsv", FEATURE_SETS, SCENARIOS)
    assert {one.question for one in planned} == {"fusion", "dates", "features"}
    # More could not pass Holm's correction at the paper's eight sites.
    assert len(planned) * 2**-7 < 0.05
    fusion = next(one for one in planned if one.question == "fusion")
    assert (len(fusion.a.candidates), len(fusion.b.candidates)) == (40, 6)


def test_a_row_is_read(tmp_path):
    row = ("coh", "features", "adding coherence", "gamma0-coh/3pre-3post", "best-optical", "iou")
    (one,) = read(tmp_path, row)
    assert one == Contrast(
        "coh",
        "features",
        "adding coherence",
        Side("gamma0-coh/3pre-3post", (("gamma0-coh", "3pre-3post"),)),
        Side(
            "best-optical",
            tuple(
                (name, "1pre-1post") for name, row in FEATURE_SETS.items() if row.group == "optical"
            ),
        ),
        "iou",
    )


def test_a_blank_metric_is_f1(tmp_path):
    (one,) = read(tmp_path, ("x", "dates", "more", "gamma0/3pre-3post", "gamma0/1pre-1post", ""))
    assert one.metric == "f1"


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        (("x", "date", "l", "best-sar", "best-fusion", ""), "question", "did you mean 'dates'?"),
        (("x", "dates", "", "best-sar", "best-fusion", ""), "label", "must not be blank"),
        (
            ("x", "dates", "l", "best-sar", "best-fusion", "f2"),
            "metric",
            "allowed: (blank), f1, iou",
        ),
        (("x_y", "dates", "l", "best-sar", "best-fusion", ""), "contrast", "'x_y' is not allowed"),
        (("x", "dates", "l", "best-sar", "best-fusoin", ""), "b", "did you mean 'best-fusion'?"),
        (("x", "dates", "l", "best-sar", "best-sar", ""), "b", "compared with itself"),
        (
            ("x", "dates", "l", "gamma0/3pre-3pst", "best-sar", ""),
            "a",
            "did you mean 'gamma0/3pre-3post'?",
        ),
        (("x", "dates", "l", "gamma0", "best-sar", ""), "a", "allowed: gamma0/1pre-1post"),
        # It has the channels of 1pre-1post in every scenario, and runs as that.
        (("x", "dates", "l", "rgb/3pre-3post", "best-sar", ""), "a", "allowed: rgb/1pre-1post\n"),
        (
            ("x", "dates", "l", "quux", "best-sar", ""),
            "a",
            "allowed: features/scenario, or best-sar",
        ),
    ],
)
def test_a_fault_names_row_column_and_cure(tmp_path, row, column, told):
    with pytest.raises(TableError) as caught:
        read(tmp_path, row)
    (fault,) = caught.value.faults
    assert fault.offender == f"{tmp_path}/contrasts.tsv, row 2 ({row[0]}), column {column}"
    assert told in str(fault) + "\n"
    assert fault.cure


def test_all_faults_come_at_once(tmp_path):
    row = ("x", "dates", "l", "gamma/1pre-1post", "rgb/1post", "")
    with pytest.raises(TableError) as caught:
        read(tmp_path, row, row)
    assert len(caught.value.faults) == 5
    assert "'x' stands twice" in str(caught.value)


def test_a_group_without_experiment_is_a_fault(tmp_path):
    path = tmp_path / "contrasts.tsv"
    path.write_text(HEADER + "x\tfusion\tl\tbest-fusion\tbest-sar\t\n", encoding="utf-8")
    sar = {"gamma0": FEATURE_SETS["gamma0"]}
    with pytest.raises(TableError, match="no experiment of group fusion"):
        read_contrasts(path, sar, SCENARIOS)


def test_a_study_compares_what_it_trains(tmp_path):
    planned = read(
        tmp_path,
        ("a", "fusion", "l", "best-fusion", "best-optical", ""),
        ("b", "features", "l", "gamma0-coh/3pre-3post", "gamma0/3pre-3post", ""),
        ("c", "features", "l", "gamma0/3pre-3post", "gamma0-coh/3pre-3post", ""),
    )
    trained = experiments(
        FEATURE_SETS, SCENARIOS, ("gamma0", "rgb", "ndvi", "gamma0-ndvi"), ("3pre-3post",)
    )
    (one,) = of_study(planned, trained)
    assert one.a.candidates == (("gamma0-ndvi", "3pre-3post"),)
    assert one.b.candidates == (("rgb", "1pre-1post"), ("ndvi", "1pre-1post"))
    assert one.b.text == "best-optical"


def test_the_reader_is_light():
    code = (
        "import sys; sys.path.insert(0, 'workflow/scripts'); import scarp.contrasts;"
        "print([name for name in ('numpy', 'scipy', 'statsmodels') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
