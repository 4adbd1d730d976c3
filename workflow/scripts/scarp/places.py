"""Folders of the workflow that the library reads: in a checkout, and in an installed package."""

from __future__ import annotations

from pathlib import Path


def workflow_folder(name: str) -> Path:
    """Where `workflow/{name}` lies; an installed package has a copy of its own (pyproject.toml)."""
    here = Path(__file__).resolve().parent
    return here / name if (here / name).is_dir() else here.parents[1] / name
