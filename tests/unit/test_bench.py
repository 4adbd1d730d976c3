"""The benchmark of trainings runs, whatever it measures here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import plain_training

SMALL = (
    *("--device", "cpu", "--threads", "1", "--base-width", "2", "--blocks", "2", "--size", "16"),
    *("--batch", "4", "--channels", "3", "--patches", "20", "--seconds", "0.01"),
)


@pytest.mark.full
def test_every_table_is_filled():
    program = Path(plain_training.__file__).with_name("train.py")
    rows = ("plain", "bf16, channels last", "library")
    command = [sys.executable, str(program), *SMALL, "--models", "1", "2", "--only", *rows]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    for row in rows:
        (line,) = [line for line in lines if line.startswith(f"{row:28}")]
        rate, of_plain, share, memory, first = line[28:].split()
        assert float(rate) > 0 and float(memory) > 0 and float(first) >= 0
        assert re.fullmatch(r"\d+%", share)
        assert (of_plain == "1.00") or row != "plain"
    for row in ("1 in one process", "2 in one process"):
        (line,) = [line for line in lines if line.startswith(row)]
        assert all(float(number) > 0 for number in line[28:].split())
    assert "failed" not in done.stdout
