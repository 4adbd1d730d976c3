import pytest
import torch
from torch import nn

from scarp.errors import ModelError
from scarp.unet import UNet, require_divisible


def parameters(model):
    return sum(weights.numel() for weights in model.parameters())


def by_hand(channels, width, blocks):
    """3x3 kernels and biases, scale and shift of the normalisation, 2x2 kernels, 1x1 kernel."""

    def two(into, out):
        return (9 * into * out + out + 2 * out) + (9 * out * out + out + 2 * out)

    widths = [width * 2**level for level in range(blocks)]
    total = two(channels, width) + two(widths[-1], 2 * widths[-1]) + width + 1
    total += sum(two(above, 2 * above) for above in widths[:-1])
    return total + sum(4 * (2 * own) * own + own + two(2 * own, own) for own in widths)


@pytest.mark.parametrize(
    ("channels", "width", "blocks"), [(4, 32, 5), (58, 32, 5), (6, 4, 5), (3, 7, 2), (1, 1, 1)]
)
def test_the_number_of_parameters_is_that_of_the_papers_network(channels, width, blocks):
    assert parameters(UNet(channels, width, blocks)) == by_hand(channels, width, blocks)


def test_the_papers_network_has_31_million_parameters():
    assert parameters(UNet(6, 32)) == 31_107_393


def test_each_block_is_convolution_rectifier_normalisation_twice():
    model = UNet(4, 2, 3)
    blocks = [*model.encoder, model.bottleneck, *model.decoder]
    assert len(blocks) == 7
    for block in blocks:
        assert [type(layer) for layer in block] == [nn.Conv2d, nn.ReLU, nn.BatchNorm2d] * 2


def test_one_logit_per_pixel_not_yet_a_probability():
    torch.manual_seed(1)
    model = UNet(3, 2, 3)
    nn.init.constant_(model.head.bias, 5.0)
    logits = model(torch.rand(2, 3, 16, 32))
    assert logits.shape == (2, 1, 16, 32)
    assert logits.max() > 1


def test_every_parameter_takes_part():
    model = UNet(3, 2, 2)
    model(torch.rand(4, 3, 16, 16)).square().sum().backward()
    for name, weights in model.named_parameters():
        assert weights.grad is not None and weights.grad.abs().sum() > 0, name


def test_the_first_block_reaches_the_output_through_its_skip_connection():
    """With the way through the depth cut, fine detail must still come through."""
    torch.manual_seed(1)
    model = UNet(1, 8, 2).eval()
    for upward in model.upward:
        nn.init.zeros_(upward.weight)
    image = torch.zeros(1, 1, 16, 16)
    image[0, 0, 5, 5] = 1
    change = (model(image) - model(torch.zeros_like(image))).abs()[0, 0]
    assert change[5, 5] > 0
    assert change[12:, 12:].max() == 0


def test_a_patch_that_cannot_be_halved_is_refused_with_what_can():
    with pytest.raises(ModelError) as error:
        UNet(3, 2, 5)(torch.rand(1, 3, 96, 100))
    (fault,) = error.value.faults
    assert "100 pixels" in fault.offender
    assert "multiples of 32" in fault.allowed
    assert "96" in fault.cure
    require_divisible(96, 5)
