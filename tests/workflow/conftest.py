"""One tiny run, shared by the tests of this folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from project import TINY, Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose tiny study has run. Tests must not change it; they copy it.

    Made once, also where several processes test.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            Project.create(folder / "project").run("--cores", "2", *TINY)
            (folder / "done").touch()
    return Project(folder / "project")


@pytest.fixture
def scratch(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")
