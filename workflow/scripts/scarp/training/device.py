"""The device of a training, and the arithmetic of its convolutions.

Precision ``fp32`` is IEEE single precision throughout. ``tf32`` lets a GPU (NVIDIA Ampere and
later) round the factors of convolutions to 10 bits of mantissa. ``bf16`` computes the network in
bfloat16 (7 bits) where that is safe, with weights, loss, gradients of the weights and the
optimiser in fp32: PyTorch's automatic mixed precision, which needs no scaling of the loss, since
bfloat16 has the exponents of fp32.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import torch
import torch.utils.deterministic

from scarp.training.gpu import claim
from scarp.training.settings import DeviceChoice, PrecisionChoice

logger = logging.getLogger("scarp")

Precision = Literal["fp32", "tf32", "bf16"]


@dataclass(frozen=True)
class Arithmetic:
    """Where and how a network is computed."""

    device: torch.device
    precision: Precision

    def network(self) -> AbstractContextManager[object]:
        """Within it the network computes in this precision."""
        # No weight is used twice in a pass: remembering its bfloat16 copy would gain nothing.
        return torch.autocast(
            self.device.type, torch.bfloat16, self.precision == "bf16", cache_enabled=False
        )


def choose(
    device: DeviceChoice, precision: PrecisionChoice, threads: int, alone: bool = True
) -> Arithmetic:
    """Choose the device and set this process up for it.

    Sets PyTorch's number of threads, its deterministic mode and what fp32 means on a GPU.

    Parameters
    ----------
    threads: CPU threads.
    alone: take a GPU that no other process of scarp uses, and wait for one (`scarp.training.gpu`).
    """
    torch.set_num_threads(threads)
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        logger.warning("a GPU was asked for and PyTorch finds none: computing on the CPU")
    on_gpu = there and device != "cpu"
    if on_gpu and alone:
        torch.cuda.set_device(claim())
    chosen = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    # On a GPU some backward passes have no deterministic form: PyTorch then warns. Not through
    # torch.use_deterministic_algorithms, which imports the compiler (see scarp.adam).
    torch.set_deterministic_debug_mode("warn" if on_gpu else "error")
    # Nothing here reads memory before it is written: filling it first would only take time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    used = _precision(precision, chosen)
    rounded = "tf32" if used == "tf32" else "ieee"
    torch.backends.cuda.matmul.fp32_precision = rounded
    torch.backends.cudnn.conv.fp32_precision = rounded  # type: ignore[attr-defined]
    torch.backends.cudnn.rnn.fp32_precision = rounded  # type: ignore[attr-defined]
    return Arithmetic(chosen, used)


def _precision(choice: PrecisionChoice, device: torch.device) -> Precision:
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bf16" if fast else "fp32") if choice == "auto" else choice
    if choice == "auto":
        return "bf16" if _cpu_has_bf16() else "fp32"
    return "fp32" if choice == "tf32" else choice  # a CPU knows no TF32


def _cpu_has_bf16() -> bool:
    """Whether oneDNN, which computes convolutions on a CPU, has bfloat16 in hardware."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
