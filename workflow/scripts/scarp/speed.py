"""How fast this machine trains: a few real steps of the network on random data."""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from scarp.adam import Adam
from scarp.loss import soft_dice
from scarp.training.device import choose
from scarp.training.settings import DeviceChoice, PrecisionChoice
from scarp.unet import UNet

#: Pixels of a measured batch at most: the study's own 16 patches of 128 x 128. Larger batches need
#: more memory, and hardly less time per patch.
_MOST_PIXELS = 16 * 128 * 128
#: A small network is known well enough after so many steps.
_MOST_CALLS = 50


@dataclass(frozen=True)
class Speed:
    """What training costs with one number of channels.

    Attributes
    ----------
    channels: of the input.
    training: seconds per patch, forward and backward pass and optimiser.
    forward: seconds per patch of the forward pass alone, as in validation.
    device: its name; gpu: whether it is one.
    memory: bytes at the peak: of the device on a GPU, of the whole process on a CPU.
    """

    channels: int
    training: float
    forward: float
    device: str
    gpu: bool
    memory: int


def measure(
    channels: int,
    base_width: int,
    blocks: int,
    patch_size: int,
    batch_size: int,
    device: DeviceChoice,
    precision: PrecisionChoice,
    threads: int,
    seconds: float = 5.0,
) -> Speed:
    """Time training steps and forward passes of a U-Net on random patches; the quickest counts.

    Sets PyTorch up for the device, as a training does.

    Parameters
    ----------
    channels, base_width, blocks: of `scarp.unet.UNet`.
    patch_size: side in pixels, a multiple of 2**blocks.
    batch_size: patches per step; fewer are measured when they are large or the machine is slow.
    device, precision: as in `scarp.training.settings.TrainingSettings`.
    threads: CPU threads.
    seconds: how long steps are repeated, after three that are not counted: 1 to 50 times.
    """
    # A GPU that a training holds is measured all the same: the plan is not to wait for it.
    arithmetic = choose(device, precision, threads, alone=False)
    chosen = arithmetic.device
    gpu = chosen.type == "cuda"
    generator = torch.Generator().manual_seed(1)
    model = UNet(channels, base_width, blocks).to(chosen)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = Adam(model.parameters(), 1e-4)
    batch = max(2, min(batch_size, _MOST_PIXELS // patch_size**2))
    shape = (batch, patch_size, patch_size, channels)
    images = torch.rand(shape, generator=generator).to(chosen).permute(0, 3, 1, 2)
    reference = (torch.rand((batch, 1, *shape[1:3]), generator=generator) > 0.9).float().to(chosen)
    valid = torch.ones_like(reference)

    def train(count: int) -> None:
        with arithmetic.network():
            logits = model(images[:count])
        loss = soft_dice(logits, reference[:count], valid[:count])
        model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    @torch.inference_mode()
    def predict(count: int) -> Tensor:
        with arithmetic.network():
            logits: Tensor = model(images[:count])
        return logits

    if gpu:
        torch.cuda.reset_peak_memory_stats()
    training = _time_per_patch(train, batch, seconds)
    model.eval()
    forward = _time_per_patch(predict, batch, seconds / 5)
    name = torch.cuda.get_device_name() if gpu else f"CPU {platform.machine()}"
    return Speed(channels, training, forward, name, gpu, _peak_memory(gpu))


def parameters(channels: int, base_width: int, blocks: int) -> int:
    """Number of parameters of a U-Net, without making them."""
    with torch.device("meta"):
        return sum(weights.numel() for weights in UNet(channels, base_width, blocks).parameters())


def _time_per_patch(call: Callable[[int], object], batch: int, seconds: float) -> float:
    call(2)  # loads kernels
    # On a slow or busy machine one whole batch may take a minute: then a part of it must do.
    affordable = int(2 * seconds / min(_time(call, 2), _time(call, 2)))
    count = max(2, min(batch, affordable))
    times: list[float] = []
    while not times or (len(times) < _MOST_CALLS and sum(times) < seconds):
        times.append(_time(call, count))
    # The shortest: whatever else the machine does at times only ever adds to it.
    return min(times) / count


def _time(call: Callable[[int], object], count: int) -> float:
    _wait()
    began = time.perf_counter()
    call(count)
    _wait()
    return time.perf_counter() - began


def _wait() -> None:
    """Until the GPU, where there is one in use, has done what it was asked for."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()


def _peak_memory(gpu: bool) -> int:
    if gpu:
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB
