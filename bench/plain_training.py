"""The yardstick of bench/train.py: a training loop as one would first write it.

A DataLoader reads scaled patches from memory, augments them one by one on the CPU and collates
them; the network computes in fp32 with PyTorch's own Adam; every loss is read at once. The loop
of the library must give the same losses. It shares the network, the loss and the transforms with
it, and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from scarp.augment import transform
from scarp.batches import Examples
from scarp.loss import soft_dice
from scarp.unet import UNet


@dataclasses.dataclass(frozen=True)
class Patches(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Patches that are transformed when they are asked for; each (channel, y, x) or (1, y, x)."""

    examples: Examples
    rows: Sequence[tuple[str, int, str]]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        event, patch, step = self.rows[number]
        place = self.examples.patches.index((event, patch))
        image = self.examples.images[place].permute(2, 0, 1)
        reference = self.examples.reference[place, None].float()
        valid = self.examples.valid[place, None].float()
        return tuple(transform(layer, step).contiguous() for layer in (image, reference, valid))


def batches(
    examples: Examples,
    rows: Sequence[tuple[str, int, str]],
    batch_size: int,
    generator: torch.Generator,
    workers: int = 0,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """One epoch of batches in a new order."""
    order = torch.randperm(len(rows), generator=generator).tolist()
    loader = DataLoader(Patches(examples, rows), batch_size, sampler=order, num_workers=workers)
    yield from loader


def train(
    model: UNet,
    examples: Examples,
    rows: Sequence[tuple[str, int, str]],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    workers: int = 0,
) -> list[list[float]]:
    """Train in place; the losses of every epoch, batch by batch."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    model.train()
    losses: list[list[float]] = []
    for _ in range(epochs):
        losses.append([])
        for images, reference, valid in batches(examples, rows, batch_size, generator, workers):
            optimiser.zero_grad()
            loss = soft_dice(model(images.to(device)), reference.to(device), valid.to(device))
            loss.backward()
            optimiser.step()
            losses[-1].append(loss.item())
    return losses
