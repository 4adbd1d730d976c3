"""The benchmark of maps runs, whatever it measures here."""

import subprocess
import sys
from pathlib import Path

import plain_training

SMALL = (
    *("--sides", "150", "--tiles", "80", "--base-width", "2", "--blocks", "2"),
    *("--channels", "3", "--models", "2", "--scope", "scene", "--device", "cpu", "--threads", "1"),
)


def test_every_row_is_filled(tmp_path):
    program = Path(plain_training.__file__).with_name("map.py")
    command = [sys.executable, str(program), *SMALL, "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    heading, columns, row = done.stdout.splitlines()
    assert heading.startswith("2 networks of width 2 and 2 blocks, 3 channels, scope scene")
    assert columns.split()[:2] == ["side", "tile"]
    assert row.split()[:2] == ["150", "80"]
    seconds, of_cpu, rate, peak, _whole = map(float, row.split()[2:])
    assert seconds > 0 and of_cpu > 0 and rate > 0 and 0.05 < peak < 8
    assert not list(tmp_path.iterdir())
