"""Soft Dice loss over valid pixels.

With probabilities p, reference g (0 or 1) and smoothing s, after Milletari et al. 2016 (V-Net,
arXiv 1606.04797, section 3), who use s = 0::

    loss = 1 - (2 sum p g + s) / (sum p^2 + sum g^2 + s)

The sums run over the valid pixels of the whole batch (scope ``batch``) or of each image, whose
losses are then averaged (scope ``image``).

Most patches hold no landslide. In scope ``batch`` they count through their false positives, and
nothing more is needed. In scope ``image`` the loss of a patch without landslide is
sum p^2 / (sum p^2 + s): with s = 0 that is 1 whatever is predicted, so it teaches nothing; with
s > 0 it pushes all probabilities down (rule ``keep``). Rule ``skip`` leaves such patches out of the
average.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

LossScope = Literal["batch", "image"]
EmptyRule = Literal["keep", "skip"]


def soft_dice(
    logits: Tensor,
    reference: Tensor,
    valid: Tensor,
    scope: LossScope = "batch",
    smoothing: float = 1.0,
    empty: EmptyRule = "keep",
) -> Tensor:
    """Soft Dice loss, a scalar in 0..1.

    Parameters
    ----------
    logits: (image, 1, y, x), before the sigmoid.
    reference: the same shape, 1 landslide, 0 none.
    valid: the same shape, 1 where a pixel counts. The others take no part in any sum.
    scope: what one Dice coefficient is computed over.
    smoothing: s of the formula, at least 0.
    empty: scope `image` only: what images without a valid landslide pixel do. When all images of
        a batch are skipped the loss is 0 and so is its gradient.
    """
    probability = (torch.sigmoid(logits.float()) * valid).flatten(1)
    truth = (reference * valid).flatten(1)
    overlap = (probability * truth).sum(1)
    predicted = probability.square().sum(1)
    landslide = truth.square().sum(1)
    if scope == "batch":
        overlap, predicted, landslide = overlap.sum(), predicted.sum(), landslide.sum()
    denominator = predicted + landslide + smoothing
    # Without smoothing, nothing over nothing: no pixel is valid, or every probability underflowed.
    dice = (2 * overlap + smoothing) / denominator.clamp_min(torch.finfo(torch.float32).tiny)
    if scope == "batch" or empty == "keep":
        return (1 - dice).mean()
    counts = (landslide > 0).float()
    return ((1 - dice) * counts).sum() / counts.sum().clamp_min(1)
