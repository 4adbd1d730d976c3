"""How fast trainings run, what each part of the loop is worth, and how many belong together.

    python bench/train.py                        # this machine's device, the study's network
    python bench/train.py --base-width 64
    python bench/train.py --device cpu --threads 2 --seconds 5 --models 1 2
    python bench/train.py --only plain library   # some rows

Measured on random patches with the plain loop of bench/plain_training.py as the yardstick:
patches per second, the share of what the device reaches in a matrix product of the same precision,
memory, and seconds until the first step is done (loading or compiling kernels). Each row changes
one thing of the plain loop; `library` is `scarp.training.loop`, all of them together. Then several
models: one at a time, in processes of their own (with NVIDIA's MPS too, where it is installed), and
in one process. Last, the hours of the paper's grid: 62 models, 200 epochs, 2,130 patches.

Every row runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import numpy as np
import torch

import plain_training
from scarp.adam import Adam
from scarp.augment import SETS
from scarp.batches import Examples, pixel_orders, read_examples
from scarp.loss import soft_dice
from scarp.scaling import fit
from scarp.training.device import choose
from scarp.training.loop import Training
from scarp.training.repeat import Repeat
from scarp.training.settings import TrainingSettings
from scarp.unet import UNet

LIBRARY = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
MODELS, EPOCHS, ROWS, VALIDATION = 62, 200, 2130, 89


@dataclass(frozen=True)
class Size:
    """What is trained: options of the command line."""

    device: str
    threads: int
    base_width: int
    blocks: int
    size: int
    batch: int
    channels: int
    patches: int
    seconds: float


@dataclass(frozen=True)
class Variant:
    """The plain loop, and what is changed in it."""

    patches_on_device: bool = False
    channels_last: bool = False
    precision: str = "fp32"
    fused_adam: bool = False
    losses_read_later: bool = False
    recorded: bool = False
    compiled: bool = False
    library: bool = False


VARIANTS = {
    "plain": Variant(),
    "patches on the device": Variant(patches_on_device=True),
    "channels last": Variant(channels_last=True),
    "bf16": Variant(precision="bf16"),
    "bf16, channels last": Variant(precision="bf16", channels_last=True),
    "TF32": Variant(precision="tf32"),
    "fused Adam": Variant(fused_adam=True),
    "losses read once an epoch": Variant(losses_read_later=True),
    "recorded step": Variant(
        patches_on_device=True, fused_adam=True, losses_read_later=True, recorded=True
    ),
    "compiled": Variant(compiled=True),
    "library, fp32": Variant(library=True),
    "library": Variant(library=True, precision="auto"),
    "library, compiled": Variant(library=True, precision="auto", compiled=True),
}
#: Rows that only a GPU can show.
ON_GPU = ("TF32", "recorded step")


def random_examples(size: Size, patches: int, device: torch.device) -> Examples:
    """Random patches, one pixel in ten landslide."""
    random = torch.Generator().manual_seed(1)
    shape = (patches, size.size, size.size)
    images = torch.rand((*shape, size.channels), generator=random)
    reference = (torch.rand(shape, generator=random) > 0.9).to(torch.uint8)
    places = tuple(("bench", number) for number in range(patches))
    layers = (images.to(device), reference.to(device), torch.ones_like(reference).to(device))
    return Examples(places, *layers, None, ())


def rows_of(examples: Examples) -> list[tuple[str, int, str]]:
    return [(*patch, step) for patch in examples.patches for step in SETS["paper"]]


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def time_steps(
    steps: Iterator[None], size: Size, device: torch.device, per_step: int
) -> dict[str, float]:
    """Patches per second of the median of some stretches, and seconds of the first step."""
    began = time.perf_counter()
    next(steps)
    wait(device)
    first = time.perf_counter() - began
    for _ in range(5 if device.type == "cuda" else 1):
        next(steps)
    wait(device)
    rates: list[float] = []
    end = time.perf_counter() + size.seconds
    while time.perf_counter() < end or len(rates) < 3:
        count = 20 if device.type == "cuda" else 1
        began = time.perf_counter()
        for _ in range(count):
            next(steps)
        wait(device)
        rates.append(count * per_step / (time.perf_counter() - began))
    if device.type == "cuda":
        memory = torch.cuda.max_memory_allocated() / 1e9
    else:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {"rate": statistics.median(rates), "first": first, "memory": memory}


def network(size: Size, device: torch.device) -> UNet:
    torch.manual_seed(1)
    return UNet(size.channels, size.base_width, size.blocks).to(device)


def library_training(size: Size, precision: str, compiled: bool = False) -> Training:
    """A training of the library that never ends, on random patches."""
    arithmetic = choose(size.device, precision, size.threads, alone=False)
    settings = TrainingSettings(epochs=10**6, batch_size=size.batch)
    examples = random_examples(size, size.patches, arithmetic.device)
    validation = random_examples(size, max(size.patches // 4, 1), arithmetic.device)
    model = network(size, arithmetic.device)
    training = Training(
        "", model, examples, rows_of(examples), validation, settings, arithmetic, seed=1
    )
    if compiled:
        training.model = torch.compile(training.model)
    return training


def on_stream(steps: Iterator[None], device: torch.device) -> Iterator[None]:
    """Steps on a stream of their own, as `scarp.training.together` lets them run."""
    if device.type == "cuda":
        wait(device)
        with torch.cuda.stream(torch.cuda.Stream()):
            yield from steps
    yield from steps


def changed_steps(variant: Variant, size: Size) -> tuple[Iterator[None], torch.device]:
    """The plain loop with one or several things changed, step by step, for ever."""
    arithmetic = choose(size.device, variant.precision, size.threads, alone=False)
    device = arithmetic.device
    where = device if variant.patches_on_device else torch.device("cpu")
    examples = random_examples(size, size.patches, where)
    rows = rows_of(examples)
    model = network(size, device)
    if variant.channels_last:
        model = model.to(memory_format=torch.channels_last)
    call = torch.compile(model) if variant.compiled else model
    optimiser = (
        Adam(model.parameters(), 1e-4)
        if variant.fused_adam
        else torch.optim.Adam(model.parameters(), lr=1e-4)
    )
    losses = torch.zeros(len(rows), device=device)
    random = torch.Generator().manual_seed(1)

    def learn(images: torch.Tensor, reference: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        with arithmetic.network():
            logits = call(images)
        loss = soft_dice(logits, reference, valid)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss.detach()

    def read(loss: torch.Tensor, number: int) -> None:
        if variant.losses_read_later:
            losses[number].copy_(loss)
        else:
            loss.item()

    def from_loader() -> Iterator[None]:
        while True:
            loader = plain_training.batches(examples, rows, size.batch, random)
            for number, batch in enumerate(loader):
                images, reference, valid = (part.to(device) for part in batch)
                if variant.channels_last:
                    images = images.contiguous(memory_format=torch.channels_last)
                read(learn(images, reference, valid), number)
                yield

    def on_device() -> Iterator[None]:
        orders = pixel_orders(size.size, device)
        steps = len(SETS["paper"])
        chosen = torch.zeros(size.batch, dtype=torch.int64, device=device)
        found = torch.zeros((), device=device)

        def step() -> None:
            batch = examples.gather(chosen // steps, chosen % steps, orders)
            images = batch.images if variant.channels_last else batch.images.contiguous()
            found.copy_(learn(images, batch.reference, batch.valid))

        repeated = Repeat(step, variant.recorded)
        while True:
            order = torch.randperm(len(rows), generator=random).to(device)
            for number, part in enumerate(torch.split(order, size.batch)):
                if len(part) == size.batch:
                    chosen.copy_(part)
                    repeated()
                    read(found, number)
                    yield

    steps = on_device() if variant.patches_on_device else from_loader()
    return on_stream(steps, device), device


def measure_variant(name: str, size: Size) -> dict[str, float]:
    variant = VARIANTS[name]
    if variant.library:
        training = library_training(size, variant.precision, variant.compiled)
        device = training.losses.device
        steps = on_stream(training.run(), device)
    else:
        steps, device = changed_steps(variant, size)
    return time_steps(steps, size, device, size.batch)


def measure_together(count: int, size: Size) -> dict[str, float]:
    """Several models in one process, which take turns."""
    trainings = [library_training(size, "auto") for _ in range(count)]
    shared = trainings[0]
    for other in trainings[1:]:  # the patches once
        other.training, other.validation = shared.training, shared.validation
    device = shared.losses.device
    wait(device)
    streams = [
        torch.cuda.stream(torch.cuda.Stream())
        if device.type == "cuda"
        else contextlib.nullcontext()
        for _ in trainings
    ]
    turns = [training.run() for training in trainings]

    def steps() -> Iterator[None]:
        while True:
            for stream, turn in zip(streams, turns, strict=True):
                with stream:
                    next(turn)
            yield

    return time_steps(steps(), size, device, count * size.batch)


def measure_matrix(precision: str, size: Size) -> float:
    """Operations per second of a matrix product, the best of several."""
    arithmetic = choose(size.device, precision, size.threads, alone=False)
    device, side = arithmetic.device, 8192 if size.device != "cpu" else 2048
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    one, two = (torch.rand((side, side), device=device).to(kind) for _ in "12")
    best = 0.0
    for _ in range(10):
        wait(device)
        began = time.perf_counter()
        _ = one @ two
        wait(device)
        best = max(best, 2 * side**3 / (time.perf_counter() - began))
    return best


def operations(size: Size) -> float:
    """Floating point operations of training on one patch, counted by PyTorch."""
    from torch.utils.flop_counter import FlopCounterMode

    model = UNet(size.channels, size.base_width, size.blocks)
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(2, size.channels, size.size, size.size)).sum().backward()
    return counter.get_total_flops() / 2


def measure_start(size: Size) -> dict[str, float]:
    """Seconds of what stands before the first step of a job."""
    began = time.perf_counter()
    command = [sys.executable, "-c", "import scarp.train, scarp.log"]
    library = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    subprocess.run(command, check=True, env=library)
    imports = time.perf_counter() - began
    from scarp.channels import all_channels
    from scarp.cube import write_cube
    from scarp.cutting import cut
    from scarp.grid import Grid

    channels = all_channels()[: size.channels]
    columns = max(size.patches // 10, 1)
    shape = (10 * size.size, columns * size.size)
    random = np.random.default_rng(1)
    layers = {name: random.uniform(0.01, 1, shape).astype(np.float32) for name in channels}
    mask = (random.uniform(size=shape) > 0.9).astype(np.uint8)
    with tempfile.TemporaryDirectory() as scratch:
        cube, patches = Path(scratch, "cube.nc"), Path(scratch, "patches.nc")
        grid = Grid("", 5e5, 5e6, 10.0, *shape)
        attributes = {"event": "bench", "source": "simulated"}
        write_cube(cube, grid, layers, mask, np.ones_like(mask), attributes)
        cut(cube, patches, size.size, size.size)
        places = [("bench", number) for number in range(10 * columns)]
        scaling = fit({"bench": patches}, places[:10], (1, 99))
        began = time.perf_counter()
        read_examples({"bench": patches}, places, channels, scaling, torch.device("cpu"))
    return {"imports": imports, "reading": time.perf_counter() - began}


# --- the rows, each in its own process


def apart(what: str, size: Size, **environment: str) -> subprocess.Popen[str]:
    """Start a measurement in a process of its own."""
    command = [sys.executable, __file__, "--row", what, "--as-json", json.dumps(asdict(size))]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **environment}
    )


def result(process: subprocess.Popen[str]) -> dict[str, float] | None:
    out, errors = process.communicate()
    if process.returncode:
        print(f"    failed: {(errors.strip().splitlines() or ['?'])[-1]}", flush=True)
        return None
    return dict(json.loads(out.splitlines()[-1]))


def run_row(what: str, size: Size) -> dict[str, float]:
    kind, _, name = what.partition(":")
    rows: dict[str, Callable[[], dict[str, float]]] = {
        "variant": lambda: measure_variant(name, size),
        "together": lambda: measure_together(int(name), size),
        "matrix": lambda: {"rate": measure_matrix(name, size)},
        "start": lambda: measure_start(size),
    }
    return rows[kind]()


@contextlib.contextmanager
def mps() -> Iterator[dict[str, str] | None]:
    """NVIDIA's Multi-Process Service while it lasts; None where it is not installed."""
    if shutil.which("nvidia-cuda-mps-control") is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as pipes:
        environment = {"CUDA_MPS_PIPE_DIRECTORY": pipes, "CUDA_MPS_LOG_DIRECTORY": pipes}
        everything = {**os.environ, **environment}
        subprocess.run(["nvidia-cuda-mps-control", "-d"], env=everything, check=True)
        try:
            yield environment
        finally:
            control = ["nvidia-cuda-mps-control"]
            subprocess.run(control, env=everything, input="quit\n", text=True, check=False)


def in_processes(count: int, size: Size, **environment: str) -> float | None:
    """Patches per second of several processes at once, on a CPU with its threads shared out."""
    each = replace(size, threads=max(size.threads // count, 1))
    running = [apart("variant:library", each, **environment) for _ in range(count)]
    found = [result(process) for process in running]
    rates = [row["rate"] for row in found if row is not None]
    return sum(rates) if len(rates) == count else None


def grid_hours(rate: float, at_once: int, before: float) -> float:
    """Hours of the grid at a rate, validation taken as a third of the work of training."""
    patches = MODELS * EPOCHS * (ROWS + VALIDATION / 3)
    return (patches / rate + MODELS / at_once * before) / 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--base-width", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channels", type=int, default=24, help="24: the mean of the 62")
    parser.add_argument("--patches", type=int, default=355)
    parser.add_argument("--seconds", type=float, default=10.0, help="of a row")
    parser.add_argument("--models", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--only", nargs="*", choices=VARIANTS, help="some rows of the first table")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    parser.add_argument("--as-json", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(json.dumps(run_row(options.row, Size(**json.loads(options.as_json)))))
        return
    size = Size(**{field.name: getattr(options, field.name) for field in fields(Size)})
    gpu = size.device != "cpu" and torch.cuda.is_available()
    if not gpu:
        size = replace(size, device="cpu")
    device = torch.cuda.get_device_name() if gpu else f"CPU, {size.threads} threads"
    print(f"{device}; PyTorch {torch.__version__}; {size}")

    work = operations(size)
    peaks = {}
    for precision in ("fp32", "tf32", "bf16") if gpu else ("fp32", "bf16"):
        peak = result(apart(f"matrix:{precision}", size))
        peaks[precision] = peak["rate"] if peak else float("nan")
    auto = choose(size.device, "auto", size.threads, alone=False).precision
    told = ", ".join(f"{name} {rate / 1e12:.2f}" for name, rate in peaks.items())
    print(f"{work / 1e9:.1f} GFLOP a patch; matrix product, TFLOP/s: {told}; auto is {auto}\n")

    print(f"{'':28}{'patches/s':>10}{'of plain':>10}{'of peak':>9}{'memory GB':>11}{'first s':>9}")
    plain = 0.0
    solo = None
    for name in options.only or VARIANTS:
        if name in ON_GPU and not gpu:
            continue
        row = result(apart(f"variant:{name}", size))
        if row is None:
            continue
        plain = plain or row["rate"]
        solo = row if name == "library" else solo
        precision = VARIANTS[name].precision
        share = row["rate"] * work / peaks[auto if precision == "auto" else precision]
        print(
            f"{name:28}{row['rate']:10.1f}{row['rate'] / plain:10.2f}{share:9.0%}"
            f"{row['memory']:11.2f}{row['first']:9.1f}",
            flush=True,
        )

    start = result(apart("start:", size)) or {"imports": 0.0, "reading": 0.0}
    before = start["imports"] + start["reading"] + (solo["first"] if solo else 0.0)
    print(
        f"\nbefore the first step of a job: {start['imports']:.1f} s imports,"
        f" {start['reading']:.1f} s reading {size.patches} patches"
    )
    print(f"\n{'several models':28}{'patches/s':>10}{'memory GB':>11}{'hours of the grid':>20}")
    with mps() as environment:
        for count in options.models:
            row = result(apart(f"together:{count}", size))
            if row is not None:
                hours = grid_hours(row["rate"], count, before)
                print(
                    f"{f'{count} in one process':28}{row['rate']:10.1f}{row['memory']:11.2f}"
                    f"{hours:20.2f}",
                    flush=True,
                )
            if count == 1:
                continue
            # Processes that would each need a part of a thread are left out.
            fit_here = gpu or count <= size.threads
            for kind, given in (("", {}), (" with MPS", environment)) if fit_here else ():
                rate = None if given is None else in_processes(count, size, **given)
                if rate is not None:
                    label = f"{count} processes{kind}"
                    hours = grid_hours(rate, count, before)
                    print(f"{label:28}{rate:10.1f}{'':11}{hours:20.2f}", flush=True)


if __name__ == "__main__":
    main()
