"""The training loop, to be read from top to bottom in `Training.run`."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from scarp.adam import Adam
from scarp.augment import TRANSFORMS
from scarp.batches import Batch, Examples, pixel_orders
from scarp.errors import Fault, TrainingError
from scarp.loss import soft_dice
from scarp.metrics import Counts
from scarp.training.device import Arithmetic
from scarp.training.repeat import Repeat
from scarp.training.settings import TrainingSettings
from scarp.unet import UNet

logger = logging.getLogger("scarp")

#: A row of the augmentation table: event, patch, transform.
Row = tuple[str, int, str]


@dataclass
class Progress:
    """How far a training is, and what it has found.

    Attributes
    ----------
    epoch: that it is in, from 1; one more than there are when it has ended.
    batch: batches of this epoch that are done.
    drawn: state of the random generator before this epoch's order was drawn.
    score: validation F1 and minus validation loss of the kept epoch.
    kept_epoch, kept_f1: the kept epoch, 0 for none yet, and its validation F1.
    kept: its weights.
    history: a row per epoch, without the column `kept`.
    """

    drawn: Tensor
    epoch: int = 1
    batch: int = 0
    score: tuple[float, float] = (-1.0, -math.inf)
    kept_epoch: int = 0
    kept_f1: float | None = None
    kept: dict[str, Tensor] = field(default_factory=dict)
    history: list[tuple[object, ...]] = field(default_factory=list)


class Training:
    """A model in training.

    Everything that changes from batch to batch stands in `model`, `optimiser`, `losses` and
    `progress`: with their contents put back, an interrupted training goes on to the same end.

    Parameters
    ----------
    name: for messages.
    model: on the device of the examples; trained in place.
    training: patches to train on.
    rows: what an epoch consists of; their patches stand in `training`.
    validation: patches to validate on.
    seed: of the order of the rows.
    """

    def __init__(
        self,
        name: str,
        model: UNet,
        training: Examples,
        rows: Sequence[Row],
        validation: Examples,
        settings: TrainingSettings,
        arithmetic: Arithmetic,
        seed: int,
    ) -> None:
        device = arithmetic.device
        # Convolutions run up to twice as fast with channels last.
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = Adam(model.parameters(), settings.learning_rate)
        self.name = name
        self.settings = settings
        self._arithmetic = arithmetic
        self.training, self.validation, self._rows = training, validation, rows
        position = {patch: number for number, patch in enumerate(training.patches)}
        self._patch_of_row = torch.tensor([position[e, p] for e, p, _ in rows], device=device)
        self._step_of_row = torch.tensor([TRANSFORMS.index(t) for *_, t in rows], device=device)
        self._orders = pixel_orders(training.size, device)

        # What a recorded step reads and writes stands in the same memory throughout.
        record = settings.graphs and device.type == "cuda"
        self._chosen = torch.zeros(settings.batch_size, dtype=torch.int64, device=device)
        self._loss = torch.zeros((), device=device)
        self._full_batch = Repeat(lambda: self._learn(self._chosen), record)
        batches = math.ceil(len(rows) / settings.batch_size)
        self.losses = torch.zeros(batches, device=device)
        parts = math.ceil(len(validation) / settings.batch_size)
        self._validation_losses = torch.zeros(parts, device=device)
        self._tally = torch.zeros(3, dtype=torch.int64, device=device)
        self._valid_pixels = int(validation.valid.sum())
        self._whole_validation = Repeat(self._validate, record)

        self._generator = torch.Generator().manual_seed(seed)
        self.progress = Progress(self._generator.get_state())

    def run(self) -> Iterator[None]:
        """Train from wherever `progress` stands to the end; yields after every batch.

        Every epoch sees every row once, in a new order, and is validated. A GPU is waited for once
        in an epoch, after what it must still do has been asked for.

        Raises
        ------
        TrainingError: a loss is no finite number.
        """
        progress, settings = self.progress, self.settings
        began, first_epoch = time.perf_counter(), progress.epoch
        while progress.epoch <= settings.epochs:
            started, first_batch = time.perf_counter(), progress.batch
            self._generator.set_state(progress.drawn)
            order = torch.randperm(len(self._rows), generator=self._generator)
            batches = torch.split(order.to(self._chosen.device), settings.batch_size)
            self.model.train()
            for number in range(first_batch, len(batches)):
                if len(batches[number]) == settings.batch_size:
                    self._chosen.copy_(batches[number])
                    self._full_batch()
                else:
                    self._learn(batches[number])
                self.losses[number].copy_(self._loss)
                progress.batch = number + 1
                yield
            if settings.batch_norm == "precise":
                self._measure_statistics()
            self.model.eval()
            self._whole_validation()
            yield

            in_epoch = self.losses.cpu()
            rows = len(self._rows) - first_batch * settings.batch_size
            speed = rows / (time.perf_counter() - started)
            self._require_finite(in_epoch, order)
            validation_loss, counts = self._read_validation()
            self._take_score(in_epoch.mean().item(), validation_loss, counts)
            done = progress.epoch - first_epoch + 1
            logger.info(
                "%sepoch %d/%d: loss %.4f, validation F1 %s, %.0f patches/s, %s left",
                self.name and f"{self.name}: ",
                progress.epoch,
                settings.epochs,
                in_epoch.mean().item(),
                "undefined" if counts.f1 is None else f"{counts.f1:.3f}",
                speed,
                _duration(
                    (time.perf_counter() - began) / done * (settings.epochs - progress.epoch)
                ),
            )
            progress.drawn = self._generator.get_state()
            progress.epoch, progress.batch = progress.epoch + 1, 0

    def _learn(self, rows: Tensor) -> None:
        """One step on a batch, given by positions of rows; leaves its loss in `_loss`."""
        batch = self.training.gather(
            self._patch_of_row[rows], self._step_of_row[rows], self._orders
        )
        with self._arithmetic.network():
            logits = self.model(batch.images)
        loss = self._loss_of(logits, batch)
        self.model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self._loss.copy_(loss.detach())

    @torch.no_grad()
    def _validate(self) -> None:
        """Leave the losses of the batches, and pixel counts pooled over all patches."""
        self._tally.zero_()
        for number in range(len(self._validation_losses)):
            start = number * self.settings.batch_size
            batch = self.validation.part(start, start + self.settings.batch_size)
            with self._arithmetic.network():
                logits = self.model(batch.images)
            self._validation_losses[number].copy_(self._loss_of(logits, batch))
            said = torch.sigmoid(logits.float()) >= self.settings.threshold
            landslide, valid = batch.reference > 0, batch.valid > 0
            found = (said & landslide & valid, said & valid, landslide & valid)
            self._tally += torch.stack([pixels.sum() for pixels in found])

    def _read_validation(self) -> tuple[float, Counts]:
        """Mean loss of the batches, and pixel counts."""
        tp, said, landslide = self._tally.tolist()
        rest = self._valid_pixels - said - landslide + tp
        counts = Counts(tp, said - tp, landslide - tp, rest)
        return self._validation_losses.mean().item(), counts

    def _take_score(self, loss: float, validation_loss: float, counts: Counts) -> None:
        """Add the epoch to the history, and keep its weights when it is the best."""
        progress, settings = self.progress, self.settings
        score = (counts.f1 or 0.0, -validation_loss)
        last = progress.epoch == settings.epochs
        if score > progress.score if settings.keep == "best" else last:
            progress.score, progress.kept_epoch = score, progress.epoch
            progress.kept_f1 = counts.f1
            weights = self.model.state_dict()
            progress.kept = {name: value.clone() for name, value in weights.items()}
        scores = (loss, validation_loss, counts.precision, counts.recall, counts.f1)
        progress.history.append((progress.epoch, *map(_shown, scores)))

    def _loss_of(self, logits: Tensor, batch: Batch) -> Tensor:
        settings = self.settings
        return soft_dice(
            logits,
            batch.reference,
            batch.valid,
            settings.loss_scope,
            settings.smoothing,
            settings.empty,
        )

    @torch.no_grad()
    def _measure_statistics(self) -> None:
        """Take the statistics of batch normalisation from the patches, with present weights.

        Running averages lag behind weights that move fast, which shows in short trainings (Wu and
        Johnson 2021, arXiv 2105.07576, section 3).
        """
        layers = [layer for layer in self.model.modules() if isinstance(layer, nn.BatchNorm2d)]
        momenta = [layer.momentum for layer in layers]
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over the batches
        size = self.settings.batch_size
        # A last patch that stands alone is passed over: it may have no variance.
        for start in range(0, max(len(self.training) - 1, 1), size):
            with self._arithmetic.network():
                self.model(self.training.part(start, start + size).images)
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum

    def _require_finite(self, losses: Tensor, order: Tensor) -> None:
        broken = torch.isfinite(losses).logical_not().nonzero().flatten().tolist()
        if not broken:
            return
        size = self.settings.batch_size
        rows = (self._rows[n] for n in order[broken[0] * size : (broken[0] + 1) * size].tolist())
        named = ", ".join(f"{event} patch {patch} ({step})" for event, patch, step in rows)
        where = f"epoch {self.progress.epoch}, batch {broken[0] + 1} of {len(losses)}: {named}"
        raise TrainingError(
            Fault(
                f"the loss is {losses[broken[0]].item()}",
                f"{self.name}: {where}" if self.name else where,
                "a finite loss",
                "lower training: learning_rate, or look at these patches in their cubes",
            )
        )


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
