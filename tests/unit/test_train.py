import csv
import logging
import re
import shutil
from collections import Counter
from dataclasses import replace

import h5py
import pytest
import torch

import tiny_training
from scarp import scaling
from scarp.batches import Examples, read_examples
from scarp.errors import DataError, ModelError, TrainingError
from scarp.metrics import Counts
from scarp.model_description import read_description
from scarp.model_file import load
from scarp.train import HISTORY_COLUMNS, train
from scarp.training.device import Arithmetic
from scarp.training.loop import Training
from scarp.training.settings import ModelFiles
from tiny import CHANNELS, tiny_patches, write_augmentation, write_patch_list
from tiny_training import VALIDATION

TRAINING = [("A", patch) for patch in range(6)] + [("B", patch) for patch in range(4)]
EXPERIMENT = replace(tiny_training.EXPERIMENT, augmentation="none")
SETTINGS = replace(tiny_training.SETTINGS, epochs=2, batch_size=4, base_width=2)
CPU = Arithmetic(torch.device("cpu"), "fp32")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tiny_training.make(tmp_path_factory.mktemp("split"), TRAINING)


def run(files, folder, experiment=EXPERIMENT, settings=SETTINGS):
    folder.mkdir(exist_ok=True)
    written = ModelFiles(folder / "model.safetensors", folder / "history.tsv")
    train({experiment: written}, settings, files)
    description = read_description(written.model)
    with (folder / "history.tsv").open(newline="") as file:
        history = list(csv.DictReader(file, delimiter="\t"))
    return description, history


def test_one_seed_makes_one_model_byte_for_byte(files, tmp_path):
    run(files, tmp_path / "one")
    torch.rand(3)  # what happened before must not matter
    run(files, tmp_path / "two")
    run(files, tmp_path / "other", replace(EXPERIMENT, seed=4))
    one, two, other = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two", "other")
    )
    assert one == two
    weights = [load(tmp_path / name / "model.safetensors")[0] for name in ("one", "other")]
    assert not torch.equal(weights[0].head.weight, weights[1].head.weight)
    assert one != other


def test_it_learns_and_keeps_the_epoch_that_validates_best(files, tmp_path):
    settings = replace(SETTINGS, epochs=8, base_width=4)
    description, history = run(files, tmp_path / "run", settings=settings)
    scores = [float(row["validation_f1"]) for row in history]
    assert description.validation_f1 == pytest.approx(max(scores), abs=1e-5)
    assert description.validation_f1 > 0.6
    assert [row["kept"] for row in history].count("1") == 1
    assert history[description.epoch - 1]["kept"] == "1"
    assert float(history[-1]["loss"]) < float(history[0]["loss"])


def test_the_kept_weights_are_those_of_the_kept_epoch(files, tmp_path):
    description, _ = run(files, tmp_path / "run", settings=replace(SETTINGS, epochs=8))
    model, _ = load(tmp_path / "run" / "model.safetensors")
    fitted = scaling.from_json(files.scaling.read_text())
    examples = read_examples(files.patches, VALIDATION, CHANNELS, fitted, CPU.device)
    rows = [(event, patch, "identity") for event, patch in VALIDATION]
    again = Training("", model, examples, rows, examples, SETTINGS, CPU, 1)
    again.model.eval()
    again._validate()
    assert again._read_validation()[1].f1 == description.validation_f1


def test_the_history_has_a_row_per_epoch_and_empty_cells_for_what_is_undefined(files, tmp_path):
    _, history = run(files, tmp_path / "run", settings=replace(SETTINGS, threshold=0.999))
    assert tuple(history[0]) == HISTORY_COLUMNS
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert history[0]["validation_precision"] == ""  # no pixel reaches the threshold
    assert history[0]["validation_recall"] == history[0]["validation_f1"] == "0"


def test_the_model_carries_what_is_needed_to_use_and_trace_it(files, tmp_path):
    experiment = replace(
        EXPERIMENT, channels=("PRE1_gVV", "POST1_gVV"), augmentation="paper", scope="patch"
    )
    description, _ = run(files, tmp_path / "run", experiment, replace(SETTINGS, threshold=0.4))
    assert load(tmp_path / "run" / "model.safetensors")[1] == description
    assert description.channels == ("PRE1_gVV", "POST1_gVV")
    assert description.architecture.in_channels == 2
    assert description.scaling.scope == "patch"
    assert set(description.scaling.bands) == {"gVV"}
    assert description.threshold == 0.4
    assert description.patch_size == 32
    assert description.name == "roles/test/1pre-1post/seed3"
    assert (description.events, description.validation_events) == (("A", "B"), ("C",))
    assert description.sources == ("simulated",)
    assert description.engines == ()  # the patches do not say
    assert description.augmentation == "paper"
    assert description.training["learning_rate"] == 1e-2
    assert description.training["device"] == "cpu"
    assert description.training["precision"] == "fp32"
    assert (description.code, description.torch) == ("c0de", torch.__version__)


@pytest.mark.parametrize(
    ("channels", "engines"),
    [(("PRE1_gVV", "POST1_gVV"), ("embedded", "snap")), (("PRE1_B04", "POST1_B04"), ())],
)
def test_a_model_says_who_made_the_radar_that_it_saw(files, tmp_path, channels, engines):
    patches = {}
    for event, made in {"A": "snap", "B": "embedded snap", "C": "archive"}.items():
        patches[event] = shutil.copy(files.patches[event], tmp_path / f"{event}.nc")
        with h5py.File(patches[event], "a") as file:
            file.attrs["sentinel1_engine"] = made
    experiment = replace(EXPERIMENT, channels=channels)
    description, _ = run(replace(files, patches=patches), tmp_path / "run", experiment)
    assert description.engines == engines


@pytest.mark.parametrize(("augmentation", "times"), [("none", 1), ("paper", 6), ("symmetries", 8)])
def test_an_epoch_sees_every_patch_once_in_every_transform(
    files, tmp_path, monkeypatch, augmentation, times
):
    seen = []
    gather = Examples.gather

    def record(self, patch, step, orders):
        seen.append(list(zip(patch.tolist(), step.tolist(), strict=True)))
        return gather(self, patch, step, orders)

    monkeypatch.setattr(Examples, "gather", record)
    experiment = replace(EXPERIMENT, augmentation=augmentation)
    run(files, tmp_path / "run", experiment, replace(SETTINGS, batch_size=16))
    rows = [row for batch in seen for row in batch]
    expected = Counter((patch, step) for patch in range(10) for step in range(times))
    half = len(rows) // 2
    assert Counter(rows[:half]) == Counter(rows[half:]) == expected
    assert rows[:half] != rows[half:]
    assert max(len(batch) for batch in seen) == min(16, 10 * times)


def scripted(monkeypatch, results):
    """Let validation return (loss, f1) in turn."""
    left = iter(results)

    def read(self):
        loss, f1 = next(left)
        return loss, Counts(round(1000 * f1), round(1000 * (1 - f1)), round(1000 * (1 - f1)), 0)

    monkeypatch.setattr(Training, "_read_validation", read)


@pytest.mark.parametrize(
    ("results", "kept"),
    [
        ([(0.5, 0.2), (0.6, 0.4), (0.1, 0.3)], 2),
        ([(0.5, 0.4), (0.3, 0.4), (0.4, 0.4)], 2),
        ([(0.3, 0.4), (0.3, 0.4), (0.3, 0.4)], 1),
        ([(0.9, 0.0), (0.8, 0.0), (0.9, 0.0)], 2),
    ],
    ids=["highest F1", "then lowest loss", "then the earliest", "even when nothing is found"],
)
def test_the_best_epoch(files, tmp_path, monkeypatch, results, kept):
    scripted(monkeypatch, results)
    description, history = run(files, tmp_path / "run", settings=replace(SETTINGS, epochs=3))
    assert description.epoch == kept
    assert [row["kept"] for row in history] == [str(int(n == kept)) for n in (1, 2, 3)]


def test_the_last_epoch_is_kept_when_asked_for(files, tmp_path, monkeypatch):
    scripted(monkeypatch, [(0.1, 0.9), (0.5, 0.5)])
    description, _ = run(files, tmp_path / "run", settings=replace(SETTINGS, keep="last"))
    assert description.epoch == 2
    assert description.validation_f1 == pytest.approx(0.5)


def test_every_epoch_reports_progress(files, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "scarp"):
        run(files, tmp_path / "run")
    lines = [text for text in caplog.messages if text.startswith("epoch ")]
    form = r"epoch {}/2: loss 0\.\d+, validation F1 \d\.\d+, \d+ patches/s, \d+ min \d+ s left"
    assert [bool(re.fullmatch(form.format(n), line)) for n, line in enumerate(lines, 1)] == [
        True,
        True,
    ]


def test_a_loss_that_is_no_number_stops_with_its_epoch_batch_and_patches(files, tmp_path):
    settings = replace(SETTINGS, learning_rate=1e38)
    with pytest.raises(TrainingError) as error:
        run(files, tmp_path / "run", settings=settings)
    (fault,) = error.value.faults
    assert "the loss is nan" in fault.fact
    found = re.fullmatch(r"epoch 1, batch (\d) of 3: (.*)", fault.offender)
    named = re.findall(r"([AB]) patch (\d) \(identity\)", found[2])
    assert len(named) == (2 if found[1] == "3" else 4)
    assert {(event, int(patch)) for event, patch in named} <= set(TRAINING)
    assert "learning_rate" in fault.cure
    assert list((tmp_path / "run").iterdir()) == []


def test_a_gpu_that_is_not_there_is_replaced_by_the_cpu_with_a_warning(
    files, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    description, _ = run(files, tmp_path / "run", settings=replace(SETTINGS, device="cuda"))
    assert "computing on the CPU" in caplog.text
    assert description.training["device"] == "cpu"


@pytest.mark.parametrize("field", ["augmentation", "validation"])
def test_an_empty_table_is_an_error(files, tmp_path, field):
    write = write_augmentation if field == "augmentation" else write_patch_list
    empty = write(tmp_path / "empty.tsv", [])
    with pytest.raises(TrainingError) as error:
        run(replace(files, **{field: empty}), tmp_path / "run")
    (fault,) = error.value.faults
    assert fault.offender == str(empty)
    assert "role train or dependent" in fault.cure


def test_validation_without_landslide_cannot_choose_an_epoch(files, tmp_path):
    bare = tiny_patches(tmp_path, "D", landslide=False)
    table = write_patch_list(tmp_path / "validation.tsv", [("D", 0)])
    changed = replace(files, patches={**files.patches, "D": bare}, validation=table)
    with pytest.raises(TrainingError, match="no landslide") as error:
        run(changed, tmp_path / "run")
    assert "keep: last" in error.value.faults[0].cure
    description, history = run(changed, tmp_path / "last", settings=replace(SETTINGS, keep="last"))
    assert description.validation_f1 is None
    assert history[0]["validation_f1"] == history[0]["validation_recall"] == ""


def test_training_without_landslide_is_refused(files, tmp_path):
    bare = tiny_patches(tmp_path, "D", landslide=False)
    table = write_augmentation(tmp_path / "augmentation.tsv", [("D", 0), ("D", 1)])
    changed = replace(files, patches={**files.patches, "D": bare}, augmentation=table)
    with pytest.raises(TrainingError, match="no landslide"):
        run(changed, tmp_path / "run", settings=replace(SETTINGS, keep="last"))


def test_patches_that_the_network_cannot_halve_are_refused(files, tmp_path):
    with pytest.raises(ModelError, match="multiples of 64"):
        run(files, tmp_path / "run", settings=replace(SETTINGS, blocks=6))


def test_a_lone_patch_that_cannot_be_normalised_is_refused_before_training(files, tmp_path):
    with pytest.raises(TrainingError, match="batch normalisation is undefined") as error:
        run(files, tmp_path / "run", settings=replace(SETTINGS, blocks=5, batch_size=3))
    assert "batch_size 3" in error.value.faults[0].offender


def test_a_channel_that_an_event_lacks_stops_the_training(files, tmp_path):
    with pytest.raises(DataError, match="POST1_NDVI"):
        run(files, tmp_path / "run", replace(EXPERIMENT, channels=("POST1_NDVI",)))


def test_precise_statistics_are_those_of_the_training_patches(files, tmp_path):
    settings = replace(SETTINGS, epochs=1, batch_norm="precise", keep="last")
    description, _ = run(files, tmp_path, settings=settings)
    model, _ = load(tmp_path / "model.safetensors")
    examples = read_examples(
        files.patches, TRAINING, CHANNELS, description.scaling, torch.device("cpu")
    )
    convolution, rectifier, normalisation = model.encoder[0][:3]
    with torch.no_grad():
        means = [
            rectifier(convolution(examples.part(start, start + 4).images)).mean((0, 2, 3))
            for start in (0, 4, 8)
        ]
    torch.testing.assert_close(normalisation.running_mean, torch.stack(means).mean(0))
    run(files, tmp_path / "running", settings=replace(settings, batch_norm="running"))
    other, _ = load(tmp_path / "running" / "model.safetensors")
    torch.testing.assert_close(other.head.weight, model.head.weight)
    assert not torch.allclose(other.encoder[0][2].running_mean, normalisation.running_mean)
