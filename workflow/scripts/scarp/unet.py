"""The U-Net of Orynbaikyzy et al. 2025, after Ronneberger et al. 2015 (arXiv 1505.04597).

Unlike the original, convolutions keep the size ("same" padding) and batch normalisation follows
each rectifier. The paper gives neither width nor weight initialisation: the width is a setting,
weights start as PyTorch draws them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scarp.errors import Fault, ModelError


def require_divisible(side: int, blocks: int) -> None:
    """Raise ModelError unless a patch of `side` pixels can be halved `blocks` times."""
    factor = 2**blocks
    if side % factor:
        near = max(side // factor, 1) * factor
        raise ModelError(
            Fault(
                f"{blocks} encoder blocks halve a patch {blocks} times",
                f"patch of {side} pixels",
                f"multiples of {factor}",
                f"set patches: size: {near}, or fewer model: blocks",
            )
        )


class UNet(nn.Module):
    """Encoder, bottleneck and decoder with skip connections; one logit per pixel.

    Parameters
    ----------
    in_channels: channels of the input.
    base_width: channels of the first encoder block; each block below has twice as many.
    blocks: encoder blocks, and as many decoder blocks. 5 blocks of width 32 have 31.1 million
        parameters.
    """

    def __init__(self, in_channels: int, base_width: int = 32, blocks: int = 5) -> None:
        super().__init__()
        self.blocks = blocks
        widths = [base_width * 2**level for level in range(blocks + 1)]
        self.encoder = nn.ModuleList(
            _two_convolutions(into, out)
            for into, out in zip([in_channels, *widths], widths[:-1], strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = _two_convolutions(widths[-2], widths[-1])
        self.upward = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2)
            for width in reversed(widths[:-1])
        )
        self.decoder = nn.ModuleList(
            _two_convolutions(2 * width, width) for width in reversed(widths[:-1])
        )
        self.head = nn.Conv2d(base_width, 1, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (batch, 1, y, x) of images (batch, channel, y, x); sigmoid makes probabilities.

        Raises
        ------
        ModelError: the sides are no multiple of 2**blocks.
        """
        for side in images.shape[-2:]:
            require_divisible(side, self.blocks)
        features = images
        skipped: list[Tensor] = []
        for block in self.encoder:
            features = block(features)
            skipped.append(features)
            features = self.pool(features)
        features = self.bottleneck(features)
        for widen, block in zip(self.upward, self.decoder, strict=True):
            features = block(torch.cat([skipped.pop(), widen(features)], dim=1))
        logits: Tensor = self.head(features)
        return logits


def _two_convolutions(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.BatchNorm2d(out),
        nn.Conv2d(out, out, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.BatchNorm2d(out),
    )
