"""Temperature scaling: one number that makes a model's probabilities less, or more, extreme.

Guo et al. 2017 (arXiv 1706.04599): the logit is divided by a temperature T, which is the one of the
highest likelihood on pixels that did not train, such as those of validation. T > 1 repairs a model
that is too sure of itself. The order of the pixels stays, but for pixels that are rounded to one
stored value, and with it the average precision and the map at a threshold that moves along; the
threshold 0.5 does not move. One number cannot repair a model that expects landslides to be more
frequent than they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from scarp.prediction import CERTAIN, NODATA
from scarp.probability import PROBABILITY, Histogram

#: Temperatures among which one is sought.
COLDEST, HOTTEST = 0.01, 100.0
# Stored 0 stands for 0 to 0.5 / 65534, and stored 65534 for as much at the other end: the logit of
# both is taken in the middle, where it is finite.
_LOGIT: NDArray[np.float64] = logit(np.clip(PROBABILITY, 0.25 / CERTAIN, 1 - 0.25 / CERTAIN))


def negative_log_likelihood(pixels: Histogram, temperature: float = 1.0) -> float | None:
    """Mean of -log(probability of the true class) after temperature scaling; None without a pixel.

    Natural logarithm. Stored 0 and 1 stand for values just within, so that none is infinite.
    """
    number = int(pixels.pixels.sum())
    if not number:
        return None
    scaled = _LOGIT / temperature
    total = pixels.landslide @ np.logaddexp(0, -scaled) + pixels.background @ np.logaddexp(
        0, scaled
    )
    return float(total / number)


def fit_temperature(pixels: Histogram) -> float | None:
    """The temperature of the lowest negative log-likelihood.

    The likelihood is concave in 1 / T, so its best T is where the derivative,
    the sum over pixels of logit (sigmoid(logit / T) - reference), changes sign.

    None where the pixels determine no T from 0.01 to 100: a class has no pixel, the classes are
    told apart without an error (ever lower T would be better), or probability says nothing about
    the reference or its contrary (ever higher T would be better).
    """
    if not (pixels.landslide.any() and pixels.background.any()):
        return None

    def slope(sharpness: float) -> float:
        expected = pixels.pixels * expit(sharpness * _LOGIT)
        return float(_LOGIT @ (expected - pixels.landslide))

    if slope(1 / HOTTEST) >= 0 or slope(1 / COLDEST) <= 0:
        return None
    return 1 / float(brentq(slope, 1 / HOTTEST, 1 / COLDEST))


def temperature_table(temperature: float) -> NDArray[np.uint16]:
    """The stored value that each stored value becomes, (65536,) uint16; no data stays no data.

    ``temperature_table(T)[stored]`` is the calibrated map.
    """
    scaled = np.rint(expit(_LOGIT / temperature) * CERTAIN)
    return np.append(scaled, NODATA).astype(np.uint16)


def temper(pixels: Histogram, temperature: float) -> Histogram:
    """The histogram of the calibrated map."""
    becomes = temperature_table(temperature)[: CERTAIN + 1]
    landslide, background = np.zeros_like(pixels.landslide), np.zeros_like(pixels.background)
    np.add.at(landslide, becomes, pixels.landslide)
    np.add.at(background, becomes, pixels.background)
    return Histogram(landslide, background)
