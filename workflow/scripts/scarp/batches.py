"""Patches on the training device, and batches drawn from them.

The patches stand in memory once, already scaled, with channels last: (patch, y, x, channel). A
transform of a patch only reorders its pixels and scaling does not move them, so a batch is one
look-up of pixels that gathers and transforms its patches together, on any device, without waiting
for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scarp.augment import TRANSFORMS, transform
from scarp.errors import DataError, Fault
from scarp.patches import read_channel, read_flags
from scarp.scaling import Scaling, scale, scene_limits


@dataclass(frozen=True)
class Batch:
    """What the network sees at once.

    Attributes
    ----------
    images: (batch, channel, y, x) float32 in 0..1, channels last in memory.
    reference: (batch, 1, y, x) float32, 1 landslide, 0 none.
    valid: (batch, 1, y, x) float32, 1 where a pixel counts.
    """

    images: Tensor
    reference: Tensor
    valid: Tensor


@dataclass(frozen=True)
class Examples:
    """Patches in memory.

    Attributes
    ----------
    patches: (event, index) of each, in order.
    images: (patch, y, x, channel) float32 in 0..1, all channels that are in memory.
    reference, valid: (patch, y, x) uint8.
    columns: (channel,) int64, which channels of `images` make a batch; None for all.
    digests: of each of those channels, and last of all else; equal where all values are.
    """

    patches: tuple[tuple[str, int], ...]
    images: Tensor
    reference: Tensor
    valid: Tensor
    columns: Tensor | None
    digests: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.patches)

    def with_channels(self, columns: Sequence[int]) -> Examples:
        """The same patches in the same memory, of which batches show these channels only.

        Parameters
        ----------
        columns: positions in `images`, in the order of the network's input.
        """
        if list(columns) == list(range(self.images.shape[-1])):
            return self
        digests = (*(self.digests[column] for column in columns), self.digests[-1])
        chosen = torch.tensor(columns, device=self.images.device)
        return replace(self, columns=chosen, digests=digests)

    @property
    def size(self) -> int:
        """Side of a patch in pixels."""
        return self.images.shape[1]

    def part(self, start: int, end: int) -> Batch:
        """Patches `start` to `end` as they are."""
        images = self.images[start:end]
        if self.columns is not None:
            images = images[..., self.columns]
        return Batch(
            images.permute(0, 3, 1, 2),
            self.reference[start:end, None].float(),
            self.valid[start:end, None].float(),
        )

    def gather(self, patch: Tensor, step: Tensor, orders: Tensor) -> Batch:
        """Patches by position, each transformed.

        Parameters
        ----------
        patch: (batch,) int64, positions in `patches`.
        step: (batch,) int64, positions in `scarp.augment.TRANSFORMS`.
        orders: what `pixel_orders` returned for this size.
        """
        count, size = len(patch), self.size
        pixels = (patch[:, None] * (size * size) + orders[step]).flatten()
        every = self.images.flatten(0, 2)
        # Both give (pixel, channel) in one pass; the first is the faster where it will do.
        if self.columns is None:
            images = every.index_select(0, pixels)
        else:
            images = every[pixels[:, None], self.columns]
        return Batch(
            images.view(count, size, size, -1).permute(0, 3, 1, 2),
            self.reference.flatten()[pixels].view(count, 1, size, size).float(),
            self.valid.flatten()[pixels].view(count, 1, size, size).float(),
        )


def pixel_orders(size: int, device: torch.device) -> Tensor:
    """Which pixel of a flattened patch comes where: (transform, y * x) int64."""
    pixels = np.arange(size * size).reshape(size, size)
    orders = np.stack([transform(pixels, name).ravel() for name in TRANSFORMS])
    return torch.from_numpy(orders).to(device)


def read_images(
    path: str | Path,
    patches: NDArray[np.int64],
    channels: Sequence[str],
    scaling: Scaling,
    scene: Mapping[str, tuple[float, float]],
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Read and scale patches of an event: the way to the network at training, scoring and mapping.

    Parameters
    ----------
    patches: indices in the file.
    channels: in the model's order.
    scene: what `scarp.scaling.scene_limits` returned for this file.
    out: filled and returned when given.

    Returns
    -------
    (patch, y, x, channel) float32 in 0..1.

    Raises
    ------
    DataError: the event lacks a channel, or the scaling has no limits for it.
    """
    valid = read_flags(path, patches)[1] == 1
    images = np.empty((*valid.shape, len(channels)), dtype=np.float32) if out is None else out
    for number, channel in enumerate(channels):
        values = read_channel(path, channel, patches, scaling.s2_offset)
        images[..., number] = scale(values, valid, channel, scaling, scene)
    return images


def read_examples(
    patch_files: Mapping[str, str | Path],
    patches: Sequence[tuple[str, int]],
    channels: Sequence[str],
    scaling: Scaling,
    device: torch.device,
) -> Examples:
    """Read the given patches (event, index), scaled, onto `device`, event by event.

    Memory: the patches once as float32, and one channel of one event.

    Raises
    ------
    DataError: an event has no patches file, patches of another size than the first, or lacks a
        channel; a channel has no scaling limits.
    """
    events = tuple(dict.fromkeys(event for event, _ in patches))
    unknown = [event for event in events if event not in patch_files]
    if unknown:
        raise DataError(
            Fault(
                "has no patches file",
                f"event {', '.join(unknown)}",
                f"events with patches: {', '.join(sorted(patch_files))}",
                "let the workflow make the split again",
            )
        )
    chosen = {
        event: np.array([patch for own, patch in patches if own == event], dtype=np.int64)
        for event in events
    }
    flags = {event: read_flags(patch_files[event], indices) for event, indices in chosen.items()}
    sizes = {event: valid.shape[1] for event, (_, valid) in flags.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(
            Fault(
                "have patches of different sizes",
                "events " + ", ".join(f"{event} ({size} pixels)" for event, size in sizes.items()),
                "one size for all",
                "cut them again with one patches: size",
            )
        )
    size = sizes[events[0]]
    images = np.empty((len(patches), size, size, len(channels)), dtype=np.float32)
    start = 0
    for event, indices in chosen.items():
        end = start + len(indices)
        scene = scene_limits(patch_files[event], channels, scaling)
        read_images(patch_files[event], indices, channels, scaling, scene, images[start:end])
        start = end
    places = tuple((event, int(patch)) for event, indices in chosen.items() for patch in indices)
    reference = np.concatenate([mask for mask, _ in flags.values()])
    valid = np.concatenate([valid for _, valid in flags.values()])
    return Examples(
        places,
        torch.from_numpy(images).to(device),
        torch.from_numpy(reference).to(device),
        torch.from_numpy(valid).to(device),
        None,
        (
            *(digest(images[..., number].tobytes()) for number in range(len(channels))),
            digest(repr(places).encode(), reference.tobytes(), valid.tobytes()),
        ),
    )


def digest(*parts: bytes) -> str:
    """32 hexadecimal digits that are equal where all parts are (BLAKE2b)."""
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
