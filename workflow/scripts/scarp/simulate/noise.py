"""Seeded generators and random fields, from which everything in the simulated world is drawn."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Field = NDArray[np.float32]


def generator_for(seed: int, event: str, subject: str) -> np.random.Generator:
    """A generator that depends on nothing but the seed, the event and the subject.

    Each subject (terrain, landslides, a date of a sensor ...) has its own stream. So an event does
    not depend on other events, a date not on other dates, and a change to the optical part leaves
    the radar part as it was, bit by bit.
    """
    digest = hashlib.sha256(f"{event}\n{subject}".encode()).digest()
    words = np.frombuffer(digest, dtype=">u4").astype(np.uint32)
    return np.random.default_rng([seed, *words.tolist()])


def standardised(field: Field) -> Field:
    """The field with mean 0 and standard deviation 1."""
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def white_noise(generator: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Independent normal values of mean 0 and standard deviation 1."""
    return generator.standard_normal(shape, dtype=np.float32)


def smooth_field(generator: np.random.Generator, shape: tuple[int, int], scale: float) -> Field:
    """A Gaussian random field of mean 0 and standard deviation 1.

    Parameters
    ----------
    shape: (rows, columns).
    scale: standard deviation of the smoothing kernel in pixels; features are about 4 `scale` wide.
    """
    return standardised(ndimage.gaussian_filter(white_noise(generator, shape), scale, truncate=3.0))


def fractal_field(generator: np.random.Generator, shape: tuple[int, int], hurst: float) -> Field:
    """Fractional Brownian surface of mean 0 and standard deviation 1, by spectral synthesis.

    White noise is filtered so that power falls with frequency as f^-(2 H + 2): Saupe 1988, in
    Peitgen & Saupe (eds), The Science of Fractal Images, chapter 2. The synthesis is periodic;
    twice the area is made and cut, so that opposite edges do not match.

    Parameters
    ----------
    hurst: Hurst exponent, 0 (rough) to 1 (smooth).
    """
    rows, columns = (fft.next_fast_len(2 * side, real=True) for side in shape)
    spectrum = fft.rfft2(white_noise(generator, (rows, columns)))
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None, :])
    frequency[0, 0] = np.inf
    spectrum *= (frequency ** -(hurst + 1.0)).astype(np.float32)
    surface = fft.irfft2(spectrum, s=(rows, columns))
    return standardised(surface[: shape[0], : shape[1]])
