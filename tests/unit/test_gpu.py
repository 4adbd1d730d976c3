"""One GPU for one process: the locks are real, the GPUs are not."""

import subprocess
import sys
import tempfile
import types
from pathlib import Path

import pytest
import torch

from scarp.training import device, gpu
from scarp.training.gpu import claim


@pytest.fixture
def two_gpus(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda,
        "get_device_properties",
        lambda number: types.SimpleNamespace(uuid=f"GPU-test-{number}"),
    )
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(gpu, "_held", {})
    return tmp_path


def hold(folder, number):
    """Another process that holds a GPU until it is told to end."""
    (folder / f"scarp-gpu-GPU-test-{number}.lock").touch()
    program = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1])\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    lock = folder / f"scarp-gpu-GPU-test-{number}.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "held\n"
    return other


def let_go(other):
    other.communicate("\n", timeout=60)


def test_a_process_takes_the_first_gpu_and_keeps_it(two_gpus):
    assert claim() == 0
    assert claim() == 0
    assert (two_gpus / "scarp-gpu-GPU-test-0.lock").exists()


def test_a_gpu_that_another_process_holds_is_passed_over(two_gpus):
    other = hold(two_gpus, 0)
    assert claim() == 1
    let_go(other)


def test_when_all_are_taken_it_waits_for_the_first_that_is_let_go(two_gpus, monkeypatch, caplog):
    others = {number: hold(two_gpus, number) for number in (0, 1)}
    waits = []

    def end_the_second(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            let_go(others[1])

    monkeypatch.setattr(gpu, "sleep", end_the_second)
    with caplog.at_level("INFO", "scarp"):
        assert claim() == 1
    assert len(waits) == 2
    assert caplog.text.count("every GPU is taken") == 1
    let_go(others[0])


def test_a_process_that_is_killed_lets_go(two_gpus):
    other = hold(two_gpus, 0)
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    assert claim() == 0


def test_training_and_scoring_use_the_gpu_that_they_hold(two_gpus, monkeypatch):
    chosen = []
    other = hold(two_gpus, 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: chosen[-1] if chosen else 0)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    before = torch.get_deterministic_debug_mode()
    arithmetic = device.choose("auto", "auto", 1)
    assert (arithmetic.device, arithmetic.precision) == (torch.device("cuda", 1), "bf16")
    # Measuring for a plan takes none.
    chosen.clear()
    gpu._held.clear()
    assert device.choose("auto", "fp32", 1, alone=False).device == torch.device("cuda", 0)
    assert not chosen
    torch.set_deterministic_debug_mode(before)
    let_go(other)


def test_a_lock_file_of_somebody_else_serves_too(two_gpus):
    lock = Path(two_gpus, "scarp-gpu-GPU-test-0.lock")
    lock.touch(mode=0o444)
    assert claim() == 0
