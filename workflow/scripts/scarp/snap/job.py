"""One job of the workflow: a run of gpt, from an event's scenes to product files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scarp.files import write_text
from scarp.snap.elevation import told_of
from scarp.snap.gpt import find_gpt, run_gpt, version_of
from scarp.snap.graph import to_xml
from scarp.snap.products import BandSet, Made, OrbitKind, write_snap_product
from scarp.snap.resolve import Request, Resolved, resolve
from scarp.snap.settings import RESTITUTED

logger = logging.getLogger("scarp")

#: Seconds before the end of a job's time at which gpt is ended, so that the job can say why.
_SPARE = 60.0


@dataclass(frozen=True)
class Installation:
    """The SNAP that runs.

    Attributes
    ----------
    gpt: file or folder of SNAP; blank: gpt of the PATH.
    version: that graphs are composed for; blank: the installed one.
    auxdata: folder of orbits and elevation that jobs share; blank: none.
    """

    gpt: str
    version: str
    auxdata: str


@dataclass(frozen=True)
class Run:
    """Where and with what one run of gpt works.

    Attributes
    ----------
    folder: of this job alone; emptied before, removed after a success.
    graph, log: files for the resolved graph and for what gpt says.
    mem_mb, cores, minutes: of the job.
    """

    folder: Path
    graph: Path
    log: Path
    mem_mb: int
    cores: int
    minutes: float


def make_products(
    request: Request,
    outputs: Mapping[BandSet, Path],
    snap: Installation,
    run: Run,
    valid_share: float,
) -> None:
    """Compose a request's graph, run it, check what SNAP made and write it as product files.

    Parameters
    ----------
    outputs: what a product file is made of -> the file.
    valid_share: least share of the event's pixels that must have data.

    Raises
    ------
    DataError: see `scarp.snap.resolve.resolve`, `scarp.snap.gpt.run_gpt` and
        `scarp.snap.products.product_faults`; then no product file is written, and what SNAP wrote
        is left in the job's folder.
    """
    gpt = find_gpt(snap.gpt)
    installed = version_of(gpt)
    output = run.folder / f"{request.kind}.dim"
    resolved = resolve(request, snap.version or installed, output)
    write_text(run.graph, to_xml(resolved.graph))
    logger.info("SNAP %s: %s", installed, gpt)
    for date in resolved.passes:
        logger.info("%s: %s", date.date, ", ".join(date.products))
    logger.info("the graph is %s; what gpt says is %s", run.graph, run.log)
    shutil.rmtree(run.folder, ignore_errors=True)
    run_gpt(
        gpt,
        run.graph,
        run.folder,
        run.mem_mb,
        run.cores,
        run.minutes * 60 - _SPARE,
        run.log,
        Path(snap.auxdata) if snap.auxdata else None,
        resolved.orbits,
    )
    dem = Path(request.place.dem)
    made = Made(installed, dem, *told_of(dem), _asked_orbit(resolved), request.processing)
    for kind, path in outputs.items():
        write_snap_product(
            output, kind, path, resolved.grid, resolved.passes, request.epoch, made, valid_share
        )
        logger.info("wrote %s", path)
    shutil.rmtree(run.folder)


def write_graph(request: Request, snap: Installation, path: Path) -> None:
    """Write a request's graph, which makes its product beside itself, and run nothing.

    Raises
    ------
    DataError: see `scarp.snap.resolve.resolve`; no version is configured and no gpt is there.
    """
    version = snap.version or version_of(find_gpt(snap.gpt))
    resolved = resolve(request, version, path.with_suffix(".dim"))
    write_text(path, to_xml(resolved.graph))
    logger.info("SNAP %s: %s", version, path)


def _asked_orbit(resolved: Resolved) -> OrbitKind:
    types = {
        node.parameters["orbitType"]
        for node in resolved.graph.nodes
        if node.operator == "Apply-Orbit-File"
    }
    return "RESORB" if RESTITUTED in types else "POEORB"
