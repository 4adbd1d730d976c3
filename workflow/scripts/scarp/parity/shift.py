"""How far the content of an image lies beside that of another one, to hundredths of a pixel.

Slow changes are taken off, so that texture decides: speckle that both images share, edges, relief.
Their cross-correlation is evaluated between pixels by a discrete Fourier transform around its peak
only (Guizar-Sicairos, Thurman and Fienup 2008, Optics Letters 33(2)). A window that stays where it
is draws the peak towards 0; so the second image is moved back by what was found, and the rest
estimated again until there is none.

Phase correlation (Foroosh et al. 2002, IEEE TIP 11(3)) would give every frequency the same weight:
of smooth images, such as entropy over 5 x 5 looks, it finds the pattern of missing pixels, which
both share and which is not shifted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Image = NDArray[np.float64]

#: Standard deviation and reach of the local mean that is taken off, in pixels.
_SMOOTH, _REACH = 4.0, 8
#: Width over which the weight of pixels rises from the edge of the data, in pixels.
_TAPER = 8
#: Share of data around a pixel below which it lies at an edge; smaller holes are filled.
_SOLID = 0.75
#: Largest side of the part that is looked at, in pixels; more takes longer and tells no more.
_SIDE = 1024
#: Least sum of weights, in pixels: 20 x 20.
_FEWEST = 400.0
#: Least texture, as share of the standard deviation of all values; a plane has none.
_TEXTURE = 0.01
#: Least height of the peak, as multiple of the root mean square of the correlation. Between
#: unrelated images of 64 to 500 pixels it stayed below 8.
_PEAK = 12.0
#: Steps of the search around a peak, in pixels, and how far each one looks.
_SEARCH = ((0.1, 1.0), (0.01, 0.1))
_ROUNDS = 10


def find_shift(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float] | None:
    """Rows and columns by which the content of `b` lies beside that of `a`.

    Positive is further down (south) and further right (east): what is at (row, column) in `a` is
    at (row + first, column + second) in `b`.

    Parameters
    ----------
    a, b: (y, x) of one shape, NaN without data; of more than 1024 pixels the part around the
        middle of the shared data is used.

    Returns
    -------
    Multiples of 0.01 pixel; None where there are too few pixels or too little texture, or where
    the images have too little in common for a peak to stand out.
    """
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        return None
    part = _middle(both)
    both = both[part]
    weight = _weight(both)
    if weight.sum() < _FEWEST:
        return None
    first, second = (_texture(image[part], both, weight) for image in (a, b))
    if first is None or second is None:
        return None
    fixed, moving = np.conj(fft.fft2(first * weight)), fft.fft2(second)
    found = np.zeros(2)
    for _ in range(_ROUNDS):
        moved = fft.ifft2(ndimage.fourier_shift(moving, -found)).real
        rest = _peak(fixed * fft.fft2(moved * weight))
        if rest is None:
            return None
        found += rest
        if not rest.any():
            break
    row, column = np.round(found, 2) + 0.0  # no -0
    return float(row), float(column)


def _middle(both: NDArray[np.bool_]) -> tuple[slice, slice]:
    """A part of at most `_SIDE` pixels on either side, around the middle of the data."""
    starts = []
    for axis in (0, 1):
        along = np.cumsum(both.sum(axis=1 - axis))
        middle = int(np.searchsorted(along, along[-1] / 2))
        starts.append(max(0, min(middle - _SIDE // 2, both.shape[axis] - _SIDE)))
    return slice(starts[0], starts[0] + _SIDE), slice(starts[1], starts[1] + _SIDE)


def _smooth(image: NDArray[np.generic], deviation: float) -> Image:
    """The mean around every pixel, with 0 beyond the edges."""
    values = image.astype(np.float64)
    return np.asarray(ndimage.gaussian_filter(values, deviation, mode="constant", radius=_REACH))


def _weight(both: NDArray[np.bool_]) -> Image:
    """0 where the local mean reaches over an edge of the data, rising to 1 farther inside."""
    solid = np.pad(_smooth(both, _SMOOTH) >= _SOLID, 1)
    inside = ndimage.distance_transform_edt(solid)[1:-1, 1:-1] - _REACH
    return np.asarray(np.sin(np.clip(inside / _TAPER, 0.0, 1.0) * np.pi / 2) ** 2)


def _texture(image: NDArray[np.float32], both: NDArray[np.bool_], weight: Image) -> Image | None:
    """What is left of an image without its local mean; None where that is next to nothing."""
    values = np.where(both, image - image[both].mean(dtype=np.float64), 0.0)
    near = _smooth(values, 1.0) / np.maximum(_smooth(both, 1.0), 1e-9)
    filled = np.where(both, values, near)  # zeros would leave the pattern of the holes
    rest = filled - _smooth(filled, _SMOOTH)
    rest -= np.average(rest, weights=weight)
    left = float(np.sqrt(np.average(rest**2, weights=weight)))
    return rest if left > _TEXTURE * float(values[both].std()) else None


def _peak(cross: NDArray[np.complex128]) -> Image | None:
    """Where the correlation of a cross-spectrum is highest; None where it does not stand out."""
    surface = fft.ifft2(cross).real
    if surface.max() < _PEAK * surface.std():
        return None
    sides = surface.shape
    highest = np.unravel_index(int(surface.argmax()), sides)
    wrapped = [at - side * (2 * at > side) for at, side in zip(highest, sides, strict=True)]
    centre: Image = np.array(wrapped, dtype=np.float64)
    for step, reach in _SEARCH:
        offsets = np.arange(-round(reach / step), round(reach / step) + 1) * step
        down, across = (
            np.exp(2j * np.pi * np.outer(middle + offsets, fft.fftfreq(side)))
            for middle, side in zip(centre, sides, strict=True)
        )
        fine = (down @ cross @ across.T).real
        row, column = np.unravel_index(int(fine.argmax()), fine.shape)
        centre = np.asarray(np.round(centre + offsets[[row, column]], 2), dtype=np.float64)
    return centre
