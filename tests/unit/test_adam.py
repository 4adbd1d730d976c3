import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import scarp
from scarp.adam import Adam


def test_steps_follow_the_published_algorithm():
    """Kingma and Ba 2015, algorithm 1, in double precision, on f(w) = sum (w - 3)^2 / 2."""
    weights = torch.tensor([0.5, -2.0, 3.5], requires_grad=True)
    optimiser = Adam([weights], learning_rate=0.1)
    expected = np.array([0.5, -2.0, 3.5])
    mean, square = np.zeros(3), np.zeros(3)
    for step in range(1, 21):
        weights.grad = (weights - 3).detach()
        optimiser.step()
        gradient = expected - 3
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        corrected = np.sqrt(square / (1 - 0.999**step)) + 1e-8
        expected = expected - 0.1 * mean / (1 - 0.9**step) / corrected
        np.testing.assert_allclose(weights.detach().numpy(), expected, rtol=1e-4, atol=1e-5)


def test_training_does_not_import_the_compiler():
    """It takes seconds, and every training job would pay for it."""
    library = Path(scarp.__file__).parent.parent
    program = (
        f"import sys; sys.path.insert(0, {str(library)!r})\n"
        "import torch, scarp.train as t\n"
        "from scarp.adam import Adam\n"
        "arithmetic = t.choose('cpu', 'bf16', 1)\n"
        "model = t.UNet(1, 2, 1)\n"
        "optimiser = Adam(model.parameters(), 1e-3)\n"
        "with arithmetic.network():\n"
        "    model(torch.rand(1, 1, 4, 4)).sum().backward()\n"
        "optimiser.step()\n"
        "print('torch._dynamo' in sys.modules, 'rioxarray' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
