"""Interferometric coherence of two coregistered images, and what its estimate is biased to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scarp.sentinel1.looks import window_sums
from scarp.sentinel1.phasor import phasor


def coherence(
    reference: NDArray[np.complex64],
    secondary: NDArray[np.complex64],
    phase: NDArray[np.float64],
    azimuth: int = 3,
    range_: int = 10,
) -> NDArray[np.float32]:
    """Estimate coherence in a window around every pixel.

    |sum m s* exp(-j phase)| / sqrt(sum |m|^2 sum |s|^2), of the pixels m, s of the window in which
    both images have data.

    Parameters
    ----------
    reference, secondary: (line, sample) complex64 on the same pixels, not deramped, thermal noise
        not taken off; no data is NaN. Calibration changes nothing but its slope in the window.
    phase: (line, sample) float64 geometric phase 4 pi (R_secondary - R_reference) / wavelength in
        radians, which is removed before the window: flat earth and topography.
    azimuth, range_: window in lines and samples; see `scarp.sentinel1.looks.window_sums`.

    Returns
    -------
    (line, sample) float32 within 0 ... 1, not corrected for the bias of the estimate
    (`expected_coherence`). NaN where more than half of the window's pixels inside the image lack
    data in either image, and where an image is zero all over the window.

    Raises
    ------
    ValueError: the shapes differ.
    """
    if not reference.shape == secondary.shape == phase.shape:
        raise ValueError(f"shapes differ: {reference.shape}, {secondary.shape}, {phase.shape}")
    flattened = secondary * phasor(phase)
    valid = np.isfinite(reference) & np.isfinite(flattened)
    first = np.where(valid, reference, np.complex64(0))
    second = np.where(valid, flattened, np.complex64(0))
    cross = np.abs(window_sums(first * np.conj(second), azimuth, range_))
    powers = window_sums(_power(first), azimuth, range_) * window_sums(
        _power(second), azimuth, range_
    )
    inside = window_sums(np.ones(valid.shape, dtype=np.float32), azimuth, range_)
    known = 2 * window_sums(valid.astype(np.float32), azimuth, range_) >= inside
    ratio = np.full(valid.shape, np.nan)
    np.divide(cross, np.sqrt(powers), out=ratio, where=known & (powers > 0))
    # Rounding may carry identical images beyond 1.
    return np.minimum(ratio, 1.0).astype(np.float32)


def _power(values: NDArray[np.complex64]) -> NDArray[np.float32]:
    return values.real**2 + values.imag**2


def expected_coherence(true: NDArray[np.float64] | float, looks: float) -> NDArray[np.float64]:
    """Mean of the estimate where coherence is `true`: it is biased upwards, most where low.

    Parameters
    ----------
    true: coherence within 0 ... 1, any shape.
    looks: independent looks in the window, 1 or more (`scarp.sentinel1.looks.equivalent_looks`).

    Touzi, Lopes, Bruniquel and Vachon 1999, IEEE TGRS 37(1)::

        E = G(L) G(3/2) / G(L + 1/2) 3F2(3/2, L, L; L + 1/2, 1; D^2) (1 - D^2)^L

    Its series is summed with the terms written as probabilities of a negative binomial
    distribution, k ~ NB(L, 1 - D^2), times the mean of the square root of Beta(k + 1, L - 1): no
    term is large, whatever L and D.
    """
    flat = [_expected(float(value), looks) for value in np.ravel(true)]
    return np.asarray(flat, dtype=np.float64).reshape(np.shape(true))


def _expected(true: float, looks: float) -> float:
    # scipy.stats takes half a second to import, which no product needs.
    from scipy.special import gammaln
    from scipy.stats import nbinom

    if true >= 1:
        return 1.0
    weights = nbinom(looks, 1 - true**2)
    low, high = weights.ppf([1e-13, 1 - 1e-13])
    # Towards 1 the distribution is wide and smooth: part of its terms tell the mean.
    k = np.arange(low, high + 1, 1 + (high - low) // 100_000)
    root = np.exp(gammaln(k + 1.5) - gammaln(k + 1) + gammaln(k + looks) - gammaln(k + looks + 0.5))
    return float(np.average(root, weights=weights.pmf(k)))
