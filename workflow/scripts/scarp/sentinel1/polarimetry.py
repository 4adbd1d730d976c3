"""The 2 x 2 covariance matrix of dual-pol pixels: entropy, anisotropy, alpha, speckle filters.

The target vector is k = (S_VV, S_VH) in this order, C2 = <k k^H> with the elements c11 = <|VV|^2>,
c12 = <VV VH*>, c22 = <|VH|^2> (for HH and HV: HH first). Conventions are those of SNAP's H-Alpha
Dual Pol Decomposition; with the order swapped alpha would become 90 degrees minus alpha. Complex
pixels are calibrated to sigma nought, thermal noise is not taken off.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scarp.sentinel1.looks import boxcar

#: c11 float32, c12 complex64, c22 float32, each (line, sample); NaN in all three for no data.
C2 = tuple[NDArray[np.float32], NDArray[np.complex64], NDArray[np.float32]]
#: As SNAP adds it inside the logarithm and to the denominator of anisotropy.
_EPSILON = 1e-15


def c2(vv: NDArray[np.complex64], vh: NDArray[np.complex64]) -> C2:
    """Covariance matrix of single pixels; to be averaged before anything is made of it.

    Parameters
    ----------
    vv, vh: (line, sample) complex64 of the same pixels; where either is NaN all elements are.
    """
    c12 = vv * np.conj(vh)
    valid = np.isfinite(c12)
    c11, c22 = (
        np.where(valid, channel.real**2 + channel.imag**2, np.float32(np.nan))
        for channel in (vv, vh)
    )
    return c11, np.where(valid, c12, np.complex64(complex(np.nan, np.nan))), c22


def entropy_anisotropy_alpha(
    c11: NDArray[np.float32], c12: NDArray[np.complex64], c22: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Entropy, anisotropy and mean alpha angle of averaged covariance matrices.

    With eigenvalues l1 >= l2 >= 0 in closed form and p_i = l_i / (l1 + l2) (Cloude and Pottier
    1997, IEEE TGRS 35(1); for dual-pol Cloude 2007, Proc. POLinSAR)::

        entropy    H = -sum p_i log2(p_i + 1e-15)
        anisotropy A = (p1 - p2) / (p1 + p2 + 1e-15)
        alpha      = sum p_i acos(|v_i1|), v_i1 the VV component of eigenvector i

    Two eigenvalues make A = 2 p1 - 1, and H a function of it.

    Returns
    -------
    H (0 ... 1), A (0 ... 1), alpha (0 ... 90 degrees), float32 of the shape given; NaN where total
    power is zero or NaN.

    Raises
    ------
    ValueError: the shapes differ.
    """
    matrix = _checked(c11, c12, c22)
    entropy, anisotropy, alpha = (np.empty(c11.shape, dtype=np.float32) for _ in range(3))
    _decompose(*matrix, entropy, anisotropy, alpha)
    return entropy, anisotropy, alpha


def _checked(c11: NDArray[np.float32], c12: NDArray[np.complex64], c22: NDArray[np.float32]) -> C2:
    """The elements as compiled code takes them: it checks no bounds."""
    if not c11.shape == c12.shape == c22.shape:
        raise ValueError(f"shapes of C2 differ: {c11.shape}, {c12.shape}, {c22.shape}")
    return np.ascontiguousarray(c11), np.ascontiguousarray(c12), np.ascontiguousarray(c22)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _decompose(
    c11: NDArray[np.float32],
    c12: NDArray[np.complex64],
    c22: NDArray[np.float32],
    entropy: NDArray[np.float32],
    anisotropy: NDArray[np.float32],
    alpha: NDArray[np.float32],
) -> None:
    for i in range(c11.shape[0]):
        for j in range(c11.shape[1]):
            first, second = np.float64(c11[i, j]), np.float64(c22[i, j])
            square = np.float64(c12[i, j].real) ** 2 + np.float64(c12[i, j].imag) ** 2
            total = first + second
            if not (total > 0.0 and square >= 0.0):
                entropy[i, j] = anisotropy[i, j] = alpha[i, j] = np.nan
                continue
            difference = first - second
            l1 = 0.5 * (total + math.sqrt(difference**2 + 4.0 * square))
            # From the determinant: the difference of two nearly equal numbers has no digits left.
            l2 = max((first * second - square) / l1, 0.0)
            p1, p2 = l1 / (l1 + l2), l2 / (l1 + l2)
            h = -(p1 * math.log(p1 + _EPSILON) + p2 * math.log(p2 + _EPSILON)) / math.log(2.0)
            entropy[i, j] = max(h, 0.0)
            anisotropy[i, j] = (p1 - p2) / (p1 + p2 + _EPSILON)
            # cos(2 alpha_1) = difference / (l1 - l2); the eigenvectors are at right angles.
            alpha_1 = 0.5 * math.atan2(2.0 * math.sqrt(square), difference)
            alpha_2 = 0.5 * math.pi - alpha_1
            alpha[i, j] = math.degrees(p1 * alpha_1 + p2 * alpha_2)


def boxcar_c2(
    c11: NDArray[np.float32],
    c12: NDArray[np.complex64],
    c22: NDArray[np.float32],
    azimuth: int,
    range_: int,
) -> C2:
    """Average C2 over a moving window; see `scarp.sentinel1.looks.boxcar`."""
    return boxcar(c11, azimuth, range_), boxcar(c12, azimuth, range_), boxcar(c22, azimuth, range_)


def refined_lee(
    c11: NDArray[np.float32],
    c12: NDArray[np.complex64],
    c22: NDArray[np.float32],
    looks: float,
    window: int = 7,
) -> C2:
    """Refined Lee filter: average along edges, and less where a window is not homogeneous.

    Lee, Grunes and de Grandi 1999, IEEE TGRS 37(5): in each window the strongest of four edges is
    found in the means of span (c11 + c22) over nine sub-windows, and only the half of the window
    on this pixel's side of the edge is used. All elements of C2 are then moved from the mean to
    the pixel by the same weight b = var(x) / var(span), where var(x) is what speckle of `looks`
    looks leaves unexplained, so that no polarimetric information is mixed.

    Parameters
    ----------
    c11, c12, c22: (line, sample); pixels without data are NaN, are left out and stay NaN.
    looks: equivalent number of looks that C2 has on entry.
    window: side in pixels, 5, 7, 9 or 11; cut at the edges of the image.

    Raises
    ------
    ValueError: another window, or the shapes differ.
    """
    matrix = _checked(c11, c12, c22)
    if window not in (5, 7, 9, 11):
        raise ValueError(f"a window of {window} pixels: 5, 7, 9 or 11 are known")
    sub = 3 if window < 9 else 5
    span = c11 + c22
    means = boxcar(span, sub, sub)
    filtered = np.empty_like(c11), np.empty_like(c12), np.empty_like(c22)
    _refined_lee(span, means, *matrix, 1 / looks, window // 2, (window - sub) // 2, *filtered)
    return filtered


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _side_of_edge(means: NDArray[np.float32], i: int, j: int, stride: int) -> tuple[int, int]:
    """(a, b) of the half a k + b l >= 0 of the offsets (k, l); (0, 0), all, where it is unknown."""
    m = np.empty((3, 3))
    for k in range(3):
        for n in range(3):
            row = min(max(i + (k - 1) * stride, 0), means.shape[0] - 1)
            column = min(max(j + (n - 1) * stride, 0), means.shape[1] - 1)
            m[k, n] = means[row, column]
            if not np.isfinite(m[k, n]):
                return 0, 0
    gradients = (
        abs(m[0, 2] + m[1, 2] + m[2, 2] - m[0, 0] - m[1, 0] - m[2, 0]),
        abs(m[0, 0] + m[0, 1] + m[0, 2] - m[2, 0] - m[2, 1] - m[2, 2]),
        abs(m[0, 1] + m[0, 2] + m[1, 2] - m[1, 0] - m[2, 0] - m[2, 1]),
        abs(m[0, 0] + m[0, 1] + m[1, 0] - m[1, 2] - m[2, 1] - m[2, 2]),
    )
    sides = ((0, 1), (-1, 0), (-1, 1), (-1, -1))
    strongest = 0
    for k in range(1, 4):
        if gradients[k] > gradients[strongest]:
            strongest = k
    a, b = sides[strongest]
    here = abs(m[1 + a, 1 + b] - m[1, 1])
    there = abs(m[1 - a, 1 - b] - m[1, 1])
    return (a, b) if here <= there else (-a, -b)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _refined_lee(
    span: NDArray[np.float32],
    means: NDArray[np.float32],
    c11: NDArray[np.float32],
    c12: NDArray[np.complex64],
    c22: NDArray[np.float32],
    speckle: float,
    half: int,
    stride: int,
    out11: NDArray[np.float32],
    out12: NDArray[np.complex64],
    out22: NDArray[np.float32],
) -> None:
    """`speckle` is the squared coefficient of variation of a homogeneous target."""
    lines, samples = span.shape
    for i in range(lines):
        for j in range(samples):
            if not np.isfinite(span[i, j]):
                out11[i, j] = out22[i, j] = np.nan
                out12[i, j] = complex(np.nan, np.nan)
                continue
            a, b = _side_of_edge(means, i, j, stride)
            count = 0
            sum_span = sum_square = sum11 = sum22 = 0.0
            sum12 = 0j
            for k in range(max(0, i - half), min(lines, i + half + 1)):
                for n in range(max(0, j - half), min(samples, j + half + 1)):
                    if a * (k - i) + b * (n - j) < 0 or not np.isfinite(span[k, n]):
                        continue
                    count += 1
                    sum_span += span[k, n]
                    sum_square += np.float64(span[k, n]) ** 2
                    sum11 += c11[k, n]
                    sum12 += c12[k, n]
                    sum22 += c22[k, n]
            mean = sum_span / count
            variance = sum_square / count - mean**2
            signal = (variance - speckle * mean**2) / (1 + speckle)
            weight = min(max(signal / variance, 0.0), 1.0) if variance > 0 else 0.0
            out11[i, j] = sum11 / count + weight * (c11[i, j] - sum11 / count)
            out12[i, j] = sum12 / count + weight * (c12[i, j] - sum12 / count)
            out22[i, j] = sum22 / count + weight * (c22[i, j] - sum22 / count)


def expected_haa(
    true_c2: NDArray[np.complex128], looks: float, samples: int, seed: int
) -> tuple[float, float, float]:
    """Mean of the estimates of entropy, anisotropy and alpha (degrees) for a known C2.

    The estimate of H is too low and that of A too high, the more the fewer looks are averaged.

    Parameters
    ----------
    true_c2: (2, 2) Hermitian, VV first; its scale does not matter.
    looks: independent looks averaged, 1 or more, not necessarily whole.
    samples: matrices drawn; the mean of H varies by less than 0.2 / sqrt(samples).
    seed: of the random numbers; the same seed gives the same result.

    Averages of `looks` outer products are complex Wishart matrices (Goodman 1963), drawn by
    Bartlett's decomposition: G T T^H G^H / looks with G G^H = C2, T lower triangular with squares
    of its diagonal from Gamma(looks) and Gamma(looks - 1), and a complex normal number below.
    """
    random = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(true_c2)
    factor = vectors * np.sqrt(np.clip(values, 0, None))
    triangle = np.zeros((samples, 2, 2), dtype=np.complex128)
    triangle[:, 0, 0] = np.sqrt(random.gamma(looks, size=samples))
    triangle[:, 1, 1] = np.sqrt(random.gamma(looks - 1, size=samples))
    normal = random.standard_normal((2, samples)) / np.sqrt(2)
    triangle[:, 1, 0] = normal[0] + 1j * normal[1]
    root = factor @ triangle
    drawn = root @ root.conj().transpose(0, 2, 1) / looks
    entropy, anisotropy, alpha = entropy_anisotropy_alpha(
        drawn[None, :, 0, 0].real.astype(np.float32),
        drawn[None, :, 0, 1].astype(np.complex64),
        drawn[None, :, 1, 1].real.astype(np.float32),
    )
    # Averaged in double precision: float32 sums of many samples lose digits.
    return (
        float(entropy.mean(dtype=np.float64)),
        float(anisotropy.mean(dtype=np.float64)),
        float(alpha.mean(dtype=np.float64)),
    )
