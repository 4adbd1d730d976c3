"""Settings of all tests."""

import os

import pytest

# Small tensors gain nothing from a second thread, and lose much on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Tests start Python some thousand times, which takes half as long where it keeps what it compiles.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Servers of the tests are asked directly, whatever proxy whoever runs them has.
_DIRECT = ("127.0.0.1", "localhost")
os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), *_DIRECT)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on SLURM first: they mostly wait, and others can run meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_slurm.py")
