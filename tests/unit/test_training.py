"""The loop against a plain one, interrupted and side by side: always the same result."""

import logging
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import plain_training
from scarp import scaling
from scarp.batches import read_examples
from scarp.errors import TrainingError
from scarp.model_description import read_description
from scarp.train import train
from scarp.training import checkpoint, finished, together
from scarp.training.device import Arithmetic, choose
from scarp.training.loop import Training
from scarp.training.repeat import Repeat
from scarp.unet import UNet
from tiny import CHANNELS, tiny_patches
from tiny_training import EXPERIMENT, PATCHES, SETTINGS, VALIDATION, make, model_files

CPU = Arithmetic(torch.device("cpu"), "fp32")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make(tmp_path_factory.mktemp("split"))


def contents(written):
    return written.model.read_bytes(), written.history.read_bytes()


@pytest.fixture(scope="module")
def undisturbed(files, tmp_path_factory):
    written = model_files(tmp_path_factory.mktemp("undisturbed"))
    train({EXPERIMENT: written}, SETTINGS, files)
    return contents(written)


# --- the loop


@pytest.fixture(scope="module")
def examples(files):
    fitted = scaling.from_json(files.scaling.read_text())
    rows = [
        (event, patch, step)
        for event, patch in PATCHES
        for step in ("identity", "rotate-90", "flip-horizontal")
    ]
    training = read_examples(files.patches, PATCHES, CHANNELS, fitted, CPU.device)
    validation = read_examples(files.patches, VALIDATION, CHANNELS, fitted, CPU.device)
    return training, rows, validation


def begin(examples, settings=SETTINGS, arithmetic=CPU, seed=5):
    training, rows, validation = examples
    torch.manual_seed(seed)
    model = UNet(len(CHANNELS), settings.base_width, settings.blocks)
    return Training("", model, training, rows, validation, settings, arithmetic, seed)


def losses_of(training):
    """The losses of a whole training, batch by batch."""
    found = []
    per_epoch = len(training.losses)
    for number, _ in enumerate(training.run()):
        if number % (per_epoch + 1) < per_epoch:  # the last turn of an epoch validates
            found.append(training.losses[number % (per_epoch + 1)].item())
    return found


def plain_losses(examples):
    training, rows, _ = examples
    torch.manual_seed(5)
    model = UNet(len(CHANNELS), SETTINGS.base_width, SETTINGS.blocks)
    epochs = plain_training.train(
        model, training, rows, SETTINGS.epochs, SETTINGS.batch_size, SETTINGS.learning_rate, 5
    )
    return [loss for epoch in epochs for loss in epoch]


def test_losses_are_those_of_a_plain_loop(examples):
    """The same arithmetic in another order of additions: channels last, another Adam."""
    expected, found = plain_losses(examples), losses_of(begin(examples))
    assert len(found) == len(expected) == 9
    assert sum(expected[:3]) - sum(expected[-3:]) > 0.1  # it does learn
    torch.testing.assert_close(torch.tensor(found), torch.tensor(expected), rtol=0, atol=2e-4)


def test_bf16_losses_follow_those_of_fp32(examples):
    """Seven bits of mantissa instead of 23: 1 % of a factor, less in their mean."""
    expected = losses_of(begin(examples))
    bf16 = losses_of(begin(examples, arithmetic=replace(CPU, precision="bf16")))
    assert bf16 != expected
    torch.testing.assert_close(torch.tensor(bf16), torch.tensor(expected), rtol=0, atol=0.02)


def test_weights_stay_in_fp32_whatever_the_network_computes_in(examples):
    training = begin(examples, arithmetic=replace(CPU, precision="bf16"))
    next(training.run())
    assert {weights.dtype for weights in training.model.parameters()} == {torch.float32}
    assert {weights.grad.dtype for weights in training.model.parameters()} == {torch.float32}
    assert {mean.dtype for mean in training.optimiser.means} == {torch.float32}


def test_precision_is_chosen_by_the_hardware_or_the_user(monkeypatch):
    has = [True]
    monkeypatch.setattr("scarp.training.device._cpu_has_bf16", lambda: has[0])
    assert choose("cpu", "auto", 1).precision == "bf16"
    assert choose("cpu", "tf32", 1).precision == "fp32"
    has[0] = False
    assert choose("cpu", "auto", 1).precision == "fp32"
    assert choose("cpu", "bf16", 1).precision == "bf16"


def test_threads_are_those_of_the_job():
    choose("cpu", "fp32", 2)
    assert torch.get_num_threads() == 2
    choose("cpu", "fp32", 1)
    assert torch.get_num_threads() == 1


# --- repeating a step as a GPU does


def test_a_recording_replaces_the_calls_after_three(monkeypatch):
    """The recording is replayed instead of calling; what is recorded has not run."""
    made = []

    class Recording:
        def __init__(self, function):
            made.append("recorded")
            self.function = function

        def replay(self):
            made.append("replayed")

    monkeypatch.setattr("scarp.training.repeat._recorded", Recording)
    step = Repeat(lambda: made.append("called"), record=True)
    for _ in range(5):
        step()
    assert made == ["called"] * 3 + ["recorded", "replayed", "replayed"]


def test_what_cannot_be_recorded_is_called(monkeypatch, caplog):
    def refuse(function):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr("scarp.training.repeat._recorded", refuse)
    calls = []
    step = Repeat(lambda: calls.append(1), record=True)
    for _ in range(6):
        step()
    assert len(calls) == 6
    assert caplog.text.count("not permitted") == 1


def test_a_step_works_on_the_same_memory_each_time(examples, monkeypatch):
    """What makes a recording right: replayed on the tensors of the first call, it gives the same.

    A replay is played here by the recorded function itself, with every name of the training that
    it could have read bound to something else meanwhile.
    """

    class Recording:
        def __init__(self, function):
            self.function = function

        def replay(self):
            self.function()

    monkeypatch.setattr("scarp.training.repeat._recorded", Recording)
    expected = losses_of(begin(examples))
    training = begin(examples)
    buffers = [training._chosen, training._loss, training._validation_losses, training._tally]
    places = [tensor.data_ptr() for tensor in [*buffers, *training.model.parameters()]]
    for repeated in (training._full_batch, training._whole_validation):
        repeated._record = True
    assert losses_of(training) == expected
    buffers = [training._chosen, training._loss, training._validation_losses, training._tally]
    assert [t.data_ptr() for t in [*buffers, *training.model.parameters()]] == places
    assert training._full_batch._graph is not None


# --- interruption


def interrupt(training, batches):
    """Let a training do so many turns and no more."""
    turns = training.run()
    for _ in range(batches):
        next(turns)


@pytest.mark.parametrize("batch_norm", ["running", "precise"])
@pytest.mark.parametrize("turns", [1, 3, 4, 5, 9, 11])
def test_a_training_goes_on_to_the_same_weights(examples, tmp_path, turns, batch_norm):
    """Three batches and a turn for validation make an epoch: stopped within and between."""
    settings = replace(SETTINGS, batch_norm=batch_norm)
    whole = begin(examples, settings)
    for _ in whole.run():
        pass
    first = begin(examples, settings)
    interrupt(first, turns)
    path = tmp_path / "checkpoint.safetensors"
    checkpoint.save(path, first, "print")
    second = begin(examples, settings, seed=99)  # other weights, another order
    assert checkpoint.resume(path, second, "print")
    for _ in second.run():
        pass
    assert second.progress.history == whole.progress.history
    assert second.progress.kept_epoch == whole.progress.kept_epoch
    for name, value in whole.progress.kept.items():
        assert torch.equal(second.progress.kept[name], value), name
    for name, value in whole.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], value), name


def test_a_checkpoint_of_something_else_is_not_used(examples, tmp_path, caplog):
    path = tmp_path / "checkpoint.safetensors"
    first = begin(examples)
    interrupt(first, 2)
    checkpoint.save(path, first, "print")
    with caplog.at_level(logging.INFO, "scarp"):
        assert not checkpoint.resume(path, begin(examples), "another")
    assert "other data, settings or code" in caplog.text


def flip(path):
    """Damage a file where its tensors are, without changing its length."""
    data = bytearray(path.read_bytes())
    data[-100] ^= 0xFF
    path.write_bytes(data)


def shorten(path):
    path.write_bytes(path.read_bytes()[:-1000])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip, shorten, empty])
def test_a_damaged_checkpoint_gives_way_to_the_older_one(examples, tmp_path, caplog, damage):
    path = tmp_path / "checkpoint.safetensors"
    first = begin(examples)
    turns = first.run()
    next(turns)
    checkpoint.save(path, first, "print")
    next(turns)
    checkpoint.save(path, first, "print")
    damage(path)
    second = begin(examples)
    with caplog.at_level(logging.INFO, "scarp"):
        assert checkpoint.resume(path, second, "print")
    assert second.progress.batch == 1
    assert f"{path} is damaged" in caplog.text
    assert "going on from" in caplog.text and "older" in caplog.text


def test_with_both_damaged_it_begins_anew_and_says_so(examples, tmp_path, caplog):
    path = tmp_path / "checkpoint.safetensors"
    first = begin(examples)
    for _ in zip(range(2), first.run(), strict=False):
        checkpoint.save(path, first, "print")
    for file in tmp_path.iterdir():
        empty(file)
    second = begin(examples)
    assert not checkpoint.resume(path, second, "print")
    assert caplog.text.count("is damaged (") == 2
    assert (second.progress.epoch, second.progress.batch) == (1, 0)


def test_a_full_disk_leaves_the_last_checkpoint_and_the_training_goes_on(
    examples, tmp_path, monkeypatch, caplog
):
    path = tmp_path / "checkpoint.safetensors"
    first = begin(examples)
    turns = first.run()
    next(turns)
    checkpoint.save(path, first, "print")
    good = path.read_bytes()

    def full(tensors, filename, metadata):
        Path(filename).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    next(turns)
    checkpoint.save(path, first, "print")
    assert "No space left" in caplog.text
    assert path.read_bytes() == good
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    next(turns)


def test_a_write_that_the_system_really_refuses_is_told(examples, tmp_path, caplog):
    path = tmp_path / "checkpoint.safetensors"
    first = begin(examples)
    interrupt(first, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        checkpoint.save(path, first, "print")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be saved" in caplog.text
    assert not list(tmp_path.iterdir())


def run_alone(folder, out, how, after):
    """Train in a process of its own, which dies; its exit code."""
    program = Path(__file__).with_name("tiny_training.py")
    command = [sys.executable, str(program), str(folder), str(out), how, str(after)]
    return subprocess.run(command, capture_output=True, timeout=200).returncode


@pytest.mark.parametrize(
    ("how", "after", "code"),
    [
        ("SIGTERM", 7, together.INTERRUPTED),
        ("SIGTERM", 15, together.INTERRUPTED),  # the last step: only validation follows
        ("SIGINT", 5, together.INTERRUPTED),
        ("SIGKILL", 8, -signal.SIGKILL),
        ("saving", 1, -signal.SIGKILL),
        ("saving", 7, -signal.SIGKILL),
        ("renaming", 0, -signal.SIGKILL),
    ],
)
def test_a_process_that_dies_leaves_what_the_next_one_ends_with_the_same_bytes(
    files, undisturbed, tmp_path, caplog, how, after, code
):
    written = model_files(tmp_path)
    assert run_alone(Path(files.augmentation).parent, tmp_path, how, after) == code
    assert not written.model.exists() and not written.history.exists()
    with caplog.at_level(logging.INFO, "scarp"):
        train({EXPERIMENT: written}, SETTINGS, files)
    assert ("going on from" in caplog.text) == ((how, after) != ("saving", 1))
    assert contents(written) == undisturbed
    left = {"model.safetensors", "history.tsv", "finished.safetensors", "finished.tsv"}
    assert {file.name for file in tmp_path.iterdir()} == left


# --- several in one process

SIBLINGS = {
    "one": EXPERIMENT,
    "two": replace(EXPERIMENT, seed=4),
    "few": replace(EXPERIMENT, scenario="3pre-3post", channels=("POST1_B04", "PRE1_gVV")),
}


def test_trained_together_or_alone_gives_the_same_bytes(files, undisturbed, tmp_path):
    alone = {}
    for name, experiment in SIBLINGS.items():
        written = model_files(tmp_path / "alone" / name)
        train({experiment: written}, SETTINGS, files)
        alone[name] = contents(written)
    assert alone["one"] == undisturbed
    assert len(set(alone.values())) == 3
    jobs = {experiment: model_files(tmp_path / name) for name, experiment in SIBLINGS.items()}
    train(jobs, SETTINGS, files)
    assert {name: contents(model_files(tmp_path / name)) for name in SIBLINGS} == alone


def test_patches_stand_in_memory_once_for_all(files, tmp_path, monkeypatch):
    read = []

    def recorded(*arguments):
        read.append(read_examples(*arguments))
        return read[-1]

    started = []
    begin_one = Training.__init__

    def begun(self, *arguments):
        begin_one(self, *arguments)
        started.append(self)

    monkeypatch.setattr("scarp.train.read_examples", recorded)
    monkeypatch.setattr(Training, "__init__", begun)
    jobs = {experiment: model_files(tmp_path / name) for name, experiment in SIBLINGS.items()}
    train(jobs, replace(SETTINGS, epochs=1), files)
    assert len(read) == 2  # to train on and to validate on
    assert {one.training.images.data_ptr() for one in started} == {read[0].images.data_ptr()}


def test_interrupted_together_all_go_on(files, tmp_path, monkeypatch):
    expected = {}
    for name, experiment in SIBLINGS.items():
        written = model_files(tmp_path / "alone" / name)
        train({experiment: written}, SETTINGS, files)
        expected[name] = contents(written)
    jobs = {experiment: model_files(tmp_path / name) for name, experiment in SIBLINGS.items()}
    learn, left = Training._learn, [8]

    def interrupted(self, rows):
        learn(self, rows)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Training, "_learn", interrupted)
    with pytest.raises(SystemExit) as left_with:
        train(jobs, SETTINGS, files)
    assert left_with.value.code == together.INTERRUPTED
    assert len(list(tmp_path.glob("*/checkpoint.safetensors"))) == 3
    train(jobs, SETTINGS, files)
    assert {name: contents(model_files(tmp_path / name)) for name in SIBLINGS} == expected


def test_signals_are_handled_as_before_afterwards(files, tmp_path):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    train({EXPERIMENT: model_files(tmp_path)}, replace(SETTINGS, epochs=1), files)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_states_are_saved_at_intervals(files, tmp_path, monkeypatch):
    saved = []
    save = checkpoint.save

    def recorded(path, training, fingerprint):
        save(path, training, fingerprint)
        saved.append((training.progress.epoch, training.progress.batch))

    monkeypatch.setattr(checkpoint, "save", recorded)
    train({EXPERIMENT: model_files(tmp_path / "a")}, replace(SETTINGS, epochs=1), files)
    assert saved == []  # ten minutes are not over
    short = replace(SETTINGS, epochs=1, checkpoint_minutes=1e-9)
    train({EXPERIMENT: model_files(tmp_path / "b")}, short, files)
    assert saved == [(1, n) for n in (1, 2, 3, 4, 5, 5)]


def test_one_of_several_that_fails_is_named_and_the_others_are_trained(
    files, tmp_path, monkeypatch
):
    jobs = {experiment: model_files(tmp_path / name) for name, experiment in SIBLINGS.items()}
    learn = Training._learn

    def spoil_seed_four(self, rows):
        learn(self, rows)
        if self.name.endswith("seed4"):
            self._loss.fill_(torch.nan)

    monkeypatch.setattr(Training, "_learn", spoil_seed_four)
    with pytest.raises(TrainingError) as error:
        train(jobs, SETTINGS, files)
    (fault,) = error.value.faults
    assert fault.offender.startswith("roles/test/1pre-1post/seed4: epoch 1, batch 1 of 5: ")
    assert {name: model_files(tmp_path / name).model.exists() for name in SIBLINGS} == {
        "one": True,
        "two": False,
        "few": True,
    }


# --- what was trained before


def test_a_finished_model_is_taken_over(files, undisturbed, tmp_path, monkeypatch):
    written = model_files(tmp_path)
    train({EXPERIMENT: written}, SETTINGS, files)
    written.model.unlink()  # as Snakemake does before a job
    written.history.unlink()
    monkeypatch.setattr(Training, "run", lambda self: pytest.fail("it is trained again"))
    more_threads = replace(SETTINGS, checkpoint_minutes=1.0, graphs=False)
    train({EXPERIMENT: written}, more_threads, files)
    assert contents(written) == undisturbed


@pytest.mark.parametrize("changed", ["seed", "channels", "settings", "code", "data", "damaged"])
def test_another_training_is_not_taken_over(files, tmp_path, changed):
    written = model_files(tmp_path)
    settings = replace(SETTINGS, epochs=1)
    train({EXPERIMENT: written}, settings, files)
    first = read_description(written.model).fingerprint
    experiment, given = EXPERIMENT, files
    if changed == "seed":
        experiment = replace(EXPERIMENT, seed=4)
    elif changed == "channels":
        experiment = replace(EXPERIMENT, channels=CHANNELS[::-1])
    elif changed == "code":
        experiment = replace(EXPERIMENT, code="c1de")
    elif changed == "settings":
        settings = replace(settings, learning_rate=2e-2)
    elif changed == "data":
        other = tmp_path / "other"
        other.mkdir()
        patches = {**files.patches, "B": tiny_patches(other, "B", seed=2)}
        given = replace(files, patches=patches)
    else:
        shorten(tmp_path / "finished.safetensors")
    written.model.unlink()
    train({experiment: written}, settings, given)
    model = read_description(written.model)
    assert (model.fingerprint == first) == (changed == "damaged")
    assert (tmp_path / "finished.safetensors").read_bytes() == written.model.read_bytes()


def test_without_hard_links_nothing_is_kept(tmp_path, monkeypatch):
    written = model_files(tmp_path)
    written.model.write_bytes(b"m")
    written.history.write_bytes(b"h")

    def refuse(*paths):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    finished.keep(written)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["history.tsv", "model.safetensors"]
    assert not finished.take_over(written, "print")
