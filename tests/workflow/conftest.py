"""One tiny run, shared by the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from project import TINY, Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose tiny study has run. Tests must not change it; they copy it."""
    project = Project.create(tmp_path_factory.mktemp("finished") / "project")
    project.run("--cores", "2", *TINY)
    return project


@pytest.fixture
def scratch(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")
