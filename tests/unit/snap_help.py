"""A gpt that only answers questions, and graphs to ask about."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from scarp.snap.compose import compose
from scarp.snap.graph import Graph
from scarp.snap.settings import Date, GraphSettings, Kind, Swath


def standins() -> tuple[Path, Path]:
    """Where the stand-ins and scarp lie, for another Python."""
    tests = Path(__file__).parents[1]
    return tests / "standins", tests.parent / "workflow" / "scripts"


def quick_gpt(folder: Path) -> Path:
    """The stand-in for gpt without what it computes with, which takes seconds to load."""
    path = folder / "snap" / "bin" / "gpt"
    path.parent.mkdir(parents=True)
    code = "import os, sys, gpt_help; sys.exit(gpt_help.main(sys.argv[1:], os.environ))"
    lines = (
        "#!/bin/sh",
        f'export PYTHONPATH="{os.pathsep.join(map(str, standins()))}"',
        f'exec "{sys.executable}" -c "{code}" "$@"',
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def graph_for(kind: Kind, version: str, output: str = "out.dim") -> Graph:
    """A graph of a kind over two subswaths; no scene of it is there."""
    swaths = (Swath("IW1", 1, 3), Swath("IW2", 2, 4))
    dates = [Date((f"S1A_{n}.zip",), swaths) for n in range(2 if kind == "coherence" else 1)]
    settings = GraphSettings(
        tuple(dates), 32645, "dem.tif", output, geometry=True, spectral_diversity=True
    )
    return compose(kind, version, settings)
