"""The optimiser Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) with its usual constants.

The arithmetic is PyTorch's own. Its class torch.optim.Adam is not used because the first one made
in a process imports PyTorch's compiler, which takes longer than a small network trains.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Adam without weight decay.

    Parameters
    ----------
    parameters: of the network, on one device.
    learning_rate: step size alpha.
    """

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.means = [torch.zeros_like(weights) for weights in self.parameters]
        self.squares = [torch.zeros_like(weights) for weights in self.parameters]
        self.steps = [torch.zeros((), device=weights.device) for weights in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter by its gradient, in place; each must have one."""
        adam(
            self.parameters,
            [weights.grad for weights in self.parameters if weights.grad is not None],
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
