import pytest
import torch

from scarp.loss import soft_dice


def images(*rows):
    """Images of one row of pixels."""
    return torch.tensor(rows, dtype=torch.float32)[:, None, None, :]


P = images([0.9, 0.2, 0.6], [0.1, 0.3, 0.5])
LOGITS = torch.logit(P)
REFERENCE = images([1, 0, 1], [0, 0, 1])
VALID = torch.ones_like(P)
EMPTY = images([1, 0, 1], [0, 0, 0])


def dice(p, g, s):
    """By hand, after Milletari et al. 2016, section 3."""
    overlap = sum(a * b for a, b in zip(p, g, strict=True))
    return (2 * overlap + s) / (sum(a * a for a in p) + sum(b * b for b in g) + s)


@pytest.mark.parametrize("s", [0.0, 1.0, 5.0])
def test_batch_scope_is_one_dice_over_all_pixels(s):
    expected = 1 - dice([0.9, 0.2, 0.6, 0.1, 0.3, 0.5], [1, 0, 1, 0, 0, 1], s)
    found = soft_dice(LOGITS, REFERENCE, VALID, "batch", s)
    assert found.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("s", [0.0, 1.0])
def test_image_scope_is_the_mean_of_one_dice_per_image(s):
    expected = 1 - (dice([0.9, 0.2, 0.6], [1, 0, 1], s) + dice([0.1, 0.3, 0.5], [0, 0, 1], s)) / 2
    found = soft_dice(LOGITS, REFERENCE, VALID, "image", s)
    assert found.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scope", ["batch", "image"])
def test_invalid_pixels_change_neither_loss_nor_gradient(scope):
    valid = images([1, 0, 1], [0, 1, 1])
    one = LOGITS.clone().requires_grad_()
    other = torch.where(valid == 1, LOGITS, LOGITS + 7).requires_grad_()
    first = soft_dice(one, REFERENCE, valid, scope)
    second = soft_dice(other, torch.where(valid == 1, REFERENCE, 1 - REFERENCE), valid, scope)
    assert first.item() == second.item()
    first.backward()
    second.backward()
    assert one.grad[valid == 0].abs().max() == 0
    assert one.grad[valid == 1].abs().min() > 0
    assert torch.equal(one.grad, other.grad)


def test_keeping_empty_images_pushes_their_probabilities_down():
    expected = 1 - (dice([0.9, 0.2, 0.6], [1, 0, 1], 1) + dice([0.1, 0.3, 0.5], [0, 0, 0], 1)) / 2
    logits = LOGITS.clone().requires_grad_()
    loss = soft_dice(logits, EMPTY, VALID, "image", 1.0, "keep")
    loss.backward()
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    assert (logits.grad[1] > 0).all()


def test_skipping_empty_images_leaves_them_out_of_the_average():
    logits = LOGITS.clone().requires_grad_()
    loss = soft_dice(logits, EMPTY, VALID, "image", 1.0, "skip")
    loss.backward()
    assert loss.item() == pytest.approx(1 - dice([0.9, 0.2, 0.6], [1, 0, 1], 1), abs=1e-6)
    assert logits.grad[1].abs().max() == 0


def test_an_image_whose_only_landslide_is_invalid_is_empty():
    valid = images([1, 1, 1], [1, 1, 0])
    loss = soft_dice(LOGITS, REFERENCE, valid, "image", 1.0, "skip")
    assert loss.item() == pytest.approx(1 - dice([0.9, 0.2, 0.6], [1, 0, 1], 1), abs=1e-6)


def test_a_batch_of_skipped_images_has_no_loss_and_no_gradient():
    logits = LOGITS.clone().requires_grad_()
    loss = soft_dice(logits, torch.zeros_like(P), VALID, "image", 0.0, "skip")
    loss.backward()
    assert loss.item() == 0
    assert logits.grad.abs().max() == 0


@pytest.mark.parametrize("scope", ["batch", "image"])
def test_without_smoothing_an_empty_reference_teaches_nothing_but_stays_finite(scope):
    logits = LOGITS.clone().requires_grad_()
    loss = soft_dice(logits, torch.zeros_like(P), VALID, scope, 0.0)
    loss.backward()
    assert loss.item() == 1
    assert logits.grad.abs().max() == 0
    nowhere_valid = soft_dice(LOGITS, REFERENCE, torch.zeros_like(P), scope, 0.0)
    assert torch.isfinite(nowhere_valid)


def test_a_perfect_map_has_no_loss():
    sure = torch.where(REFERENCE == 1, 30.0, -30.0)
    assert soft_dice(sure, REFERENCE, VALID).item() == pytest.approx(0, abs=1e-6)
