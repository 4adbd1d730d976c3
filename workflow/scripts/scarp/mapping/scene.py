"""The map of a whole scene from one trained model or from several."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scarp.files import beside
from scarp.mapping.cog import cog_rows, flag, share
from scarp.mapping.cube_windows import CubeWindows, open_windows
from scarp.mapping.ensemble import load_groups, recipe_of, require_agreement
from scarp.mapping.progress import Progress
from scarp.mapping.rows import Rows, mapped_rows
from scarp.mapping.scaled import require_input
from scarp.mapping.tiles import Span, require_tile, spans
from scarp.model_description import Description, check_channels, read_description
from scarp.prediction import quantise
from scarp.simulated import is_simulated
from scarp.training.device import choose
from scarp.training.settings import DeviceChoice

_LOG = logging.getLogger("scarp")

#: Side of a tile in pixels. The time on a CPU goes with the pixels that are computed: with 5 blocks
#: 2.6, 1.8 and 1.5 for each pixel of a large scene with tiles of 1024, 1536 and 2048. Of width 32
#: and 24 channels these take 1.3, 2.2 and 3.4 GB; the largest feature set, of 59, takes 4.2 GB with
#: tiles of 2048. A scene of 110 km at 10 m takes 0.4 GB more.
TILE = 2048


@dataclass(frozen=True)
class MapFiles:
    """The files of a map, Cloud-Optimised GeoTIFF on the event's grid.

    Attributes
    ----------
    probability: of landslide, mean over the models; uint16, DN / 65534, 65535 no data.
    uncertainty: sample standard deviation over the models, stored likewise; no data throughout
        where there is one model.
    valid: uint8, 1 where there is a probability, 0 elsewhere.
    """

    probability: Path
    uncertainty: Path
    valid: Path


def map_scene(
    models: Sequence[str | Path],
    cube: str | Path,
    out: MapFiles,
    device: DeviceChoice = "auto",
    threads: int = 1,
    tile: int = TILE,
) -> None:
    """Map an event and write the map's three files, all or none.

    A pixel has a probability where every channel of every model is finite; None_VALID does not
    count, which is 0 wherever any channel of the cube lacks data, such as below a cloud that a
    radar model does not see. Pixels without data are 0 after scaling, as in training, and so is
    what the scene is padded with at the right and at the bottom. Tiles do not show: see
    `scarp.mapping.tiles`.

    Parameters
    ----------
    models: files; those of an ensemble have equal channels and thresholds and may differ in all
        else. One that is named twice counts once.
    cube: of the event.
    device: auto, cpu or cuda; auto takes a GPU where there is one. Computed in fp32.
    threads: CPU threads.
    tile: side in pixels. Larger ones overlap less and need more memory.

    Raises
    ------
    ModelError: a model is incomplete; the cube lacks one of its channels; models do not agree; the
        tile is too small for a network.
    DataError: the cube cannot be read, or is a mosaic of unrelated tiles; a scaling has no limits
        for one of its channels.
    """
    descriptions = {str(path): read_description(path) for path in models}
    with open_windows(cube) as windows:
        _check(windows, descriptions, tile)
        arithmetic = choose(device, "fp32", threads)
        groups = load_groups(tuple(descriptions), windows, arithmetic.device)
        blocks = _blocks(descriptions)
        grid = windows.grid
        down, across = (spans(length, tile, blocks) for length in (grid.height, grid.width))
        work = _length(down) * _length(across)
        _LOG.info(
            "%s: %d x %d pixels, %d models, %d tiles on %s, with their overlap %.2f of the scene",
            windows.event,
            grid.height,
            grid.width,
            len(descriptions),
            len(down) * len(across),
            arithmetic.device,
            work / (grid.height * grid.width),
        )
        progress = Progress(f"map of {windows.event}", work, grid.height * grid.width)
        bands = mapped_rows(groups, windows, down, across, progress)
        _write(bands, out, windows, descriptions, threads)


def _check(cube: CubeWindows, descriptions: Mapping[str, Description], tile: int) -> None:
    """Everything that can be wrong, before anything is computed."""
    for path, description in descriptions.items():
        check_channels(description, path, cube.path, cube.channels)
    require_agreement(descriptions)
    for description in descriptions.values():
        require_input(cube, recipe_of(description))
    require_tile(tile, _blocks(descriptions))
    for description in descriptions.values():
        if cube.source not in description.sources:
            _LOG.warning(
                "event %s comes from source '%s'; model %s was trained on %s only",
                cube.event,
                cube.source,
                description.name,
                ", ".join(description.sources),
            )


def _blocks(descriptions: Mapping[str, Description]) -> int:
    """Of the deepest network, whose tiles suit the others too."""
    return max(description.architecture.blocks for description in descriptions.values())


def _length(row: Iterable[Span]) -> int:
    """Pixels that the network sees along one axis, overlap counted again."""
    return sum(span.stop - span.start for span in row)


def _write(
    bands: Iterable[Rows],
    out: MapFiles,
    cube: CubeWindows,
    descriptions: Mapping[str, Description],
    threads: int,
) -> None:
    spread = "standard deviation of probability over models"
    if len(descriptions) == 1:
        spread += ": unknown, one model only"
    note = ", simulated event" if is_simulated(cube.source) else ""
    layers = {
        out.probability: share(f"probability of landslide{note}"),
        out.uncertainty: share(f"{spread}{note}"),
        out.valid: flag(f"1 where there is a probability, 0 elsewhere{note}"),
    }
    tags = {
        "model": ", ".join(one.name for one in descriptions.values()),
        "event": cube.event,
        "threshold": str(next(iter(descriptions.values())).threshold),
        "source": cube.source,
    }
    # Nothing is renamed before all three are finished.
    with ExitStack() as renamed:
        partial = [renamed.enter_context(beside(path)) for path in layers]
        with ExitStack() as written:
            probability, uncertainty, valid = (
                written.enter_context(cog_rows(path, cube.grid, layer, tags, threads))
                for path, layer in zip(partial, layers.values(), strict=True)
            )
            for band in bands:
                probability(band.first, quantise(band.probability))
                uncertainty(band.first, quantise(band.spread))
                valid(band.first, band.valid.astype(np.uint8))
