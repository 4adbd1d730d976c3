"""Time and peak memory of mapping a scene, against its size and that of the tiles.

    python bench/map.py                                   # the study's network, sides to 4000
    python bench/map.py --sides 2000 --tiles 512 1024 1536 2048
    python bench/map.py --sides 11000 --base-width 4 --channels 4

Writes simulated cubes of random values into a temporary folder, a row of storage chunks at a time
and unpacked, which takes the longest to read, and models of random weights. Every map is made in a
process of its own, whose peak memory is shown, all included. The last column is what a scene of
110 x 110 km at 10 m would take at that rate.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import h5py
import numpy as np

from scarp.channels import MASK, VALID, all_channels, split_channel
from scarp.cube import CHUNK
from scarp.grid import Grid
from scarp.mapping.scene import TILE, MapFiles, map_scene

#: Side of a whole scene.
WHOLE = 11_000


def write_cube(path: Path, side: int, channels: Sequence[str]) -> None:
    """Random values within each band's range, one row of chunks in memory at a time."""
    random = np.random.default_rng(1)
    grid = Grid("EPSG:32633", 500_000.0, 5_000_000.0, 10.0, side, side)
    chunk = min(CHUNK, side)
    with h5py.File(path, "w") as file:
        file.attrs.update({**grid.attributes, "event": "bench", "source": "simulated"})
        for name in (*channels, MASK, VALID):
            file.create_dataset(
                name,
                (side, side),
                np.uint8 if name in (MASK, VALID) else np.float32,
                chunks=(chunk, chunk),
                compression="gzip",
                compression_opts=1,
                shuffle=True,
            )
        for start in range(0, side, chunk):
            rows = slice(start, min(start + chunk, side))
            # Few digits, so that values compress about as well as an image's.
            digits = random.integers(1, 1000, (rows.stop - start, side))
            for number, name in enumerate(channels):
                high = split_channel(name)[1].high
                file[name][rows] = np.roll(digits, number, axis=1) * np.float32(high / 1000)
            file[MASK][rows] = 255
            file[VALID][rows] = 1


def write_model(path: Path, options: argparse.Namespace, channels: Sequence[str]) -> None:
    """An untrained network."""
    import torch

    from scarp.model_description import Architecture, Description
    from scarp.model_file import save
    from scarp.scaling import Limits, Scaling
    from scarp.unet import UNet

    bands = {split_channel(name)[1].name: split_channel(name)[1] for name in channels}
    limits = {name: Limits("identity", band.low, band.high) for name, band in bands.items()}
    torch.manual_seed(1)
    network = UNet(len(channels), options.base_width, options.blocks)
    description = Description(
        architecture=Architecture(len(channels), options.base_width, options.blocks),
        channels=tuple(channels),
        scaling=Scaling(options.scope, (1.0, 99.0), limits),
        threshold=0.5,
        patch_size=128,
        features="bench",
        scenario="3pre-3post",
        split="roles",
        seed=1,
        augmentation="none",
        training={},
        sources=("simulated",),
        engines=(),
        events=(),
        validation_events=(),
        epoch=1,
        validation_f1=None,
        code="",
        fingerprint="",
        scarp="",
        torch="",
    )
    save(path, network.state_dict(), description)


def measure(folder: Path, side: int, tile: int, options: argparse.Namespace) -> None:
    """Map one cube and print seconds, those of all cores together, and peak memory in GB."""
    out = MapFiles(*(folder / f"{name}.tif" for name in ("probability", "uncertainty", "valid")))
    models = [folder / f"model{number}.safetensors" for number in range(options.models)]
    began, worked = time.perf_counter(), time.process_time()
    map_scene(models, folder / f"{side}.nc", out, options.device, options.threads, tile)
    taken, worked = time.perf_counter() - began, time.process_time() - worked
    print(taken, worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[1000, 2000, 4000])
    parser.add_argument("--tiles", type=int, nargs="+", default=[TILE])
    parser.add_argument("--base-width", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--channels", type=int, default=24, help="24: the mean of the 62")
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--scope", choices=("train", "patch", "scene"), default="train")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="of the temporary folder")
    parser.add_argument("--row", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        folder, side, tile = options.row
        measure(Path(folder), int(side), int(tile), options)
        return
    print(
        f"{options.models} networks of width {options.base_width} and {options.blocks} blocks,"
        f" {options.channels} channels, scope {options.scope}, device {options.device},"
        f" {options.threads} threads"
    )
    print(
        f"{'side':>6}{'tile':>6}{'seconds':>10}{'of CPU':>10}{'pixels/s':>12}{'peak GB':>9}"
        f"{'whole, h':>10}"
    )
    channels = all_channels()[: options.channels]
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        folder = Path(scratch)
        for number in range(options.models):
            write_model(folder / f"model{number}.safetensors", options, channels)
        for side in options.sides:
            write_cube(folder / f"{side}.nc", side, channels)
            for tile in options.tiles:
                command = [sys.executable, *sys.argv, "--row", scratch, str(side), str(tile)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                taken, worked, peak = map(float, done.stdout.split())
                rate = side * side / taken
                print(
                    f"{side:6}{tile:6}{taken:10.1f}{worked:10.1f}{rate:12.0f}{peak:9.2f}"
                    f"{WHOLE * WHOLE / rate / 3600:10.2f}",
                    flush=True,
                )
            (folder / f"{side}.nc").unlink()


if __name__ == "__main__":
    main()
