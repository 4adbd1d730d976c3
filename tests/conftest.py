"""Settings of all tests."""

import os

import pytest

# Small tensors gain nothing from a second thread, and lose much on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Servers of the tests are asked directly, whatever proxy whoever runs them has.
_DIRECT = ("127.0.0.1", "localhost")
os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), *_DIRECT)))

#: Begun first, in this order: the first mostly waits, the others are long and must not come last.
_FIRST = ("test_slurm.py", "test_archive.py", "test_snap.py", "test_interruptions.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files of tests first, then the rest of the workflow's, then the small ones."""

    def place(item: pytest.Item) -> tuple[int, bool]:
        name = item.path.name
        first = _FIRST.index(name) if name in _FIRST else len(_FIRST)
        return first, item.path.parent.name != "workflow"

    items.sort(key=place)
