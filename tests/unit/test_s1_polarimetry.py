"""Entropy, anisotropy, alpha: known cases, SNAP's formulas, the bias of few looks; filters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from scarp.sentinel1.looks import boxcar
from scarp.sentinel1.polarimetry import (
    C2,
    boxcar_c2,
    c2,
    entropy_anisotropy_alpha,
    expected_haa,
    refined_lee,
)


def _noise(shape: tuple[int, int], seed: int) -> NDArray[np.complex64]:
    parts = np.random.default_rng(seed).standard_normal((2, *shape))
    return ((parts[0] + 1j * parts[1]) / np.sqrt(2)).astype(np.complex64)


def _averaged(shape: tuple[int, int] = (40, 50)) -> C2:
    """Matrices from weakly to strongly polarised, of a real scene's magnitudes."""
    vv = 0.3 * _noise(shape, 1) * np.linspace(0.1, 10, shape[1], dtype=np.float32)
    vh = (0.08 * _noise(shape, 2) + 0.2j * vv * np.linspace(0, 1, shape[0])[:, None]).astype(
        np.complex64
    )
    return boxcar_c2(*c2(vv, vh), 5, 5)


def _one(c11: float, c12: complex, c22: float) -> tuple[float, float, float]:
    h, a, alpha = entropy_anisotropy_alpha(
        np.array([[c11]], np.float32),
        np.array([[c12]], np.complex64),
        np.array([[c22]], np.float32),
    )
    return float(h[0, 0]), float(a[0, 0]), float(alpha[0, 0])


def test_the_matrix_is_the_outer_product_with_vv_first() -> None:
    vv, vh = np.array([[1 + 2j]], np.complex64), np.array([[3 - 1j]], np.complex64)
    c11, c12, c22 = c2(vv, vh)
    assert (c11.dtype, c12.dtype, c22.dtype) == (np.float32, np.complex64, np.float32)
    assert (c11[0, 0], c22[0, 0]) == (5, 10)
    assert c12[0, 0] == (1 + 2j) * (3 + 1j)


def test_a_pixel_missing_in_one_channel_misses_in_all_elements() -> None:
    vv, vh = _noise((3, 4), 1), _noise((3, 4), 2)
    vv[0, 1] = vh[2, 3] = np.nan
    missing = np.zeros((3, 4), dtype=bool)
    missing[0, 1] = missing[2, 3] = True
    for element in c2(vv, vh):
        np.testing.assert_array_equal(np.isnan(element), missing)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((2.0, 0, 0.0), (0, 1, 0)),  # pure VV
        ((0.0, 0, 2.0), (0, 1, 90)),  # pure VH
        ((3.0, 0, 3.0), (1, 0, 45)),  # equal and uncorrelated
        ((1.0, 1j, 1.0), (0, 1, 45)),  # equal and fully correlated
        ((3.0, np.sqrt(3), 1.0), (0, 1, 30)),  # pure, tan(alpha) = |VH| / |VV|
        ((1e-9, 0, 0.0), (0, 1, 0)),  # whatever the scale
        ((3.0, 0, 1.0), (-0.75 * np.log2(0.75) + 0.5, 0.5, 22.5)),
    ],
)
def test_known_matrices(
    matrix: tuple[float, complex, float], expected: tuple[float, float, float]
) -> None:
    assert _one(*matrix) == pytest.approx(expected, abs=1e-3)
    assert 0 <= _one(*matrix)[0] <= 1


def test_every_pixel_agrees_with_snaps_formulas_on_numpys_eigenvectors() -> None:
    c11, c12, c22 = _averaged()
    matrix = np.moveaxis(np.array([[c11, c12], [c12.conj(), c22]], np.complex128), (0, 1), (2, 3))
    values, vectors = np.linalg.eigh(matrix)
    p = values / values.sum(axis=-1, keepdims=True)
    entropy = -np.sum(p * np.log(p + 1e-15), axis=-1) / np.log(2)
    anisotropy = (p[..., 1] - p[..., 0]) / (p.sum(axis=-1) + 1e-15)
    angles = np.degrees(np.arccos(np.minimum(np.abs(vectors[..., 0, :]), 1)))
    got = entropy_anisotropy_alpha(c11, c12, c22)
    assert all(layer.dtype == np.float32 for layer in got)
    np.testing.assert_allclose(got[0], entropy, atol=1e-6)
    np.testing.assert_allclose(got[1], anisotropy, atol=1e-6)
    np.testing.assert_allclose(got[2], np.sum(p * angles, axis=-1), atol=1e-4)
    assert np.ptp(got[0]) > 0.5


def test_anisotropy_and_entropy_are_functions_of_p1_on_every_pixel() -> None:
    entropy, anisotropy, _ = (x.astype(np.float64) for x in entropy_anisotropy_alpha(*_averaged()))
    p1 = (1 + anisotropy) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        h = -(p1 * np.log2(p1) + np.where(p1 < 1, (1 - p1) * np.log2(1 - p1), 0))
    np.testing.assert_allclose(entropy, h, atol=2e-6)


def test_swapping_vv_and_vh_turns_alpha_to_its_complement() -> None:
    c11, c12, c22 = _averaged()
    entropy, anisotropy, alpha = entropy_anisotropy_alpha(c11, c12, c22)
    swapped = entropy_anisotropy_alpha(c22, c12.conj(), c11)
    np.testing.assert_allclose(swapped[2], 90 - alpha, atol=1e-4)
    np.testing.assert_allclose(swapped[0], entropy, atol=1e-6)
    np.testing.assert_allclose(swapped[1], anisotropy, atol=1e-6)
    assert np.abs(alpha - 45).min() < 1 < np.abs(alpha - 45).max()


def test_single_pixels_have_no_entropy() -> None:
    entropy, anisotropy, _ = entropy_anisotropy_alpha(*c2(_noise((30, 30), 1), _noise((30, 30), 2)))
    assert entropy.min() >= 0 and entropy.max() < 1e-4
    assert anisotropy.min() > 1 - 1e-5


@pytest.mark.parametrize(
    "matrix", [(0.0, 0, 0.0), (np.nan, 0, 1.0), (1.0, np.nan, 1.0), (1.0, 0, np.nan)]
)
def test_no_power_or_no_data_gives_nan(matrix: tuple[float, complex, float]) -> None:
    assert np.isnan(_one(*matrix)).all()


def test_elements_of_several_shapes_are_refused() -> None:
    c11, c12, c22 = _averaged()
    with pytest.raises(ValueError, match="shapes of C2 differ"):
        entropy_anisotropy_alpha(c11, c12[:-1], c22)
    with pytest.raises(ValueError, match="shapes of C2 differ"):
        refined_lee(c11[:, :-1], c12, c22, 4)


def test_the_bias_of_few_looks_is_tabulated() -> None:
    # True A = 0.05: (1 + A) / 2 and (1 - A) / 2 on the diagonal.
    low, high = (
        expected_haa(np.diag([0.525, 0.475]), looks, 20000, seed=1)[1] for looks in (25, 15)
    )
    assert (low, high) == pytest.approx((0.23, 0.29), abs=0.01)
    sure = expected_haa(np.diag([0.525, 0.475]), 100_000, 2000, seed=1)
    assert sure[1] == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("looks", [4, 20])
def test_expected_values_are_those_of_averaged_pixels(looks: int) -> None:
    truth = np.array([[1.0, 0.1 + 0.2j], [0.1 - 0.2j, 0.3]])
    factor = np.linalg.cholesky(truth)
    first, second = _noise((looks, 30000), 3), _noise((looks, 30000), 4)
    vv = (factor[0, 0] * first).astype(np.complex64)
    vh = (factor[1, 0] * first + factor[1, 1] * second).astype(np.complex64)
    mean = [element.mean(axis=0, keepdims=True) for element in c2(vv, vh)]
    measured = [float(layer.mean()) for layer in entropy_anisotropy_alpha(*mean)]
    expected = expected_haa(truth, looks, 30000, seed=5)
    assert expected[:2] == pytest.approx(measured[:2], abs=0.005)
    assert expected[2] == pytest.approx(measured[2], abs=0.15)
    assert expected == expected_haa(truth, looks, 30000, seed=5)
    assert expected != expected_haa(truth, looks, 30000, seed=6)


def test_expected_values_of_a_pure_target_are_true() -> None:
    assert expected_haa(np.diag([1.0, 0.0]), 7.5, 500, seed=1) == pytest.approx((0, 1, 0), abs=1e-5)


def test_the_boxcar_of_c2_is_that_of_its_elements() -> None:
    elements = c2(_noise((12, 14), 1), _noise((12, 14), 2))
    elements[0][3, 3], elements[1][3, 3], elements[2][3, 3] = np.nan, np.nan, np.nan
    for got, element in zip(boxcar_c2(*elements, 3, 5), elements, strict=True):
        np.testing.assert_array_equal(got, boxcar(element, 3, 5))


LOOKS = 4


def _scene(edge: NDArray[np.float64]) -> C2:
    """Four-look speckle with the power `edge` gives, correlated channels."""
    elements = []
    for n in range(LOOKS):
        vv = _noise(edge.shape, 10 + n) * np.sqrt(edge)
        vh = 0.5 * vv + 0.3 * _noise(edge.shape, 20 + n) * np.sqrt(edge)
        elements.append(c2(vv.astype(np.complex64), vh.astype(np.complex64)))
    c11, c12, c22 = (np.mean([e[k] for e in elements], axis=0) for k in range(3))
    return c11.astype(np.float32), c12.astype(np.complex64), c22.astype(np.float32)


@pytest.mark.parametrize("window", [5, 7, 9, 11])
def test_refined_lee_keeps_the_mean_and_takes_speckle_off(window: int) -> None:
    before = _scene(np.ones((120, 120)))
    after = refined_lee(*before, LOOKS, window)
    for got, element in zip(after, before, strict=True):
        assert got.dtype == element.dtype
        assert abs(got.mean() / element.mean() - 1) < 0.03
    assert after[0].var() < 0.3 * before[0].var()
    # Fully developed speckle: the wider the window, the less is left.
    assert after[0].var() > 0.2 / window**2


@pytest.mark.parametrize("kind", ["vertical", "horizontal", "rising", "falling"])
def test_refined_lee_keeps_an_edge_that_a_boxcar_smears(kind: str) -> None:
    i, j = np.indices((80, 80))
    bright = {
        "vertical": j >= 40,
        "horizontal": i >= 40,
        "rising": i + j >= 80,
        "falling": j > i,
    }[kind]
    edge = np.where(bright, 20.0, 1.0)
    before = _scene(edge)
    lee, box = refined_lee(*before, LOOKS)[0], boxcar_c2(*before, 7, 7)[0]
    # The dark pixels next to the edge.
    beside = ~bright & (boxcar(bright.astype(np.float32), 3, 3) > 0)
    beside[:4] = beside[-4:] = False
    beside[:, :4] = beside[:, -4:] = False
    assert lee[beside].mean() < 1.5
    assert box[beside].mean() > 5
    far = ~(boxcar(bright.astype(np.float32), 9, 9) > 0)
    assert lee[far].var() < 0.35 * before[0][far].var()


def test_refined_lee_moves_all_elements_by_one_weight() -> None:
    # Where VH is a fixed multiple of VV it stays so.
    vv = _noise((40, 40), 1)
    c11, c12, c22 = refined_lee(*c2(vv, (2j * vv).astype(np.complex64)), 1)
    np.testing.assert_allclose(c22, 4 * c11, rtol=1e-4)
    np.testing.assert_allclose(c12, -2j * c11, rtol=1e-4)


def test_refined_lee_leaves_a_point_target_and_what_has_no_data() -> None:
    c11, c12, c22 = _scene(np.ones((40, 40)))
    c11[20, 20], c12[20, 20], c22[20, 20] = 1e4, 1e3, 5e3
    for element in (c11, c12, c22):
        element[5:9, 5:9] = np.nan
    after = refined_lee(c11, c12, c22, LOOKS)
    assert after[0][20, 20] > 7e3
    missing = np.zeros((40, 40), dtype=bool)
    missing[5:9, 5:9] = True
    for element in after:
        np.testing.assert_array_equal(np.isnan(element), missing)


def test_refined_lee_of_a_constant_is_that_constant() -> None:
    flat = np.full((20, 20), 0.25, np.float32), np.full((20, 20), 0.1j, np.complex64)
    after = refined_lee(flat[0], flat[1], flat[0], LOOKS)
    np.testing.assert_allclose(after[0], 0.25, rtol=1e-6)
    np.testing.assert_allclose(after[1], 0.1j, rtol=1e-6)


def test_an_unknown_window_is_refused() -> None:
    with pytest.raises(ValueError, match="5, 7, 9 or 11"):
        refined_lee(*_averaged(), LOOKS, 6)
