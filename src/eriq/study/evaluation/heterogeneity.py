"""How much an effect differs from place to place: random effects over job centres."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import t

FEWEST = 3  # a prediction interval has places - 2 degrees of freedom


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Mean over places, how they differ, and what to expect of a further one."""

    places: int
    estimate: float
    low: float
    high: float
    tau: float  # standard deviation of the true effects; of AUCs on the logit scale
    prediction_low: float
    prediction_high: float


def random_effects(effect: np.ndarray, se: np.ndarray, level: float = 0.95) -> Heterogeneity:
    """Return the mean of effects that differ from place to place, tau, and a prediction interval.

    Parameters
    ----------
    effect, se : ndarray of shape (k,)
        Estimate of each place and its standard error, on a scale where it is about normal; k is 3 or more.
    level : float

    Raises
    ------
    ValueError
        With fewer than three places, or a standard error that is not positive.

    References
    ----------
    Paule and Mandel (1982), Journal of Research of the National Bureau of Standards 87, 377-385, for tau; Hartung and
    Knapp (2001), Statistics in Medicine 20, 3875-3889, for the interval of the mean, never narrower than the plain
    standard error gives; Higgins, Thompson and Spiegelhalter (2009), JRSS A 172, 137-159, for the prediction interval.

    Examples
    --------
    >>> found = random_effects(np.array([0.5, 0.7, 0.9, 0.2]), np.array([0.1, 0.1, 0.1, 0.1]))
    >>> round(found.estimate, 3), round(found.tau, 3)
    (0.575, 0.281)
    """
    effect, variance = np.asarray(effect, dtype=np.float64), np.square(np.asarray(se, dtype=np.float64))
    if len(effect) < FEWEST or not (np.isfinite(effect) & (variance > 0)).all():
        raise ValueError(f"random effects need at least {FEWEST} places, each with a standard error above 0")

    def excess(tau2: float) -> float:
        weight = 1 / (variance + tau2)
        return float(weight @ (effect - weight @ effect / weight.sum()) ** 2) - (len(effect) - 1)

    top = float(np.square(np.ptp(effect))) * len(effect)  # there the sum of squares is below its expectation
    tau2 = float(brentq(excess, 0, top, xtol=1e-14)) if excess(0) > 0 else 0.0
    weight = 1 / (variance + tau2)
    mean = float(weight @ effect / weight.sum())
    spread = max(1.0, (excess(tau2) + len(effect) - 1) / (len(effect) - 1))
    se2 = spread / float(weight.sum())
    reach, further = (float(t.ppf((1 + level) / 2, len(effect) - lost)) for lost in (1, 2))
    mean_half, far = reach * np.sqrt(se2), further * np.sqrt(tau2 + se2)
    return Heterogeneity(
        len(effect), mean, mean - mean_half, mean + mean_half, float(np.sqrt(tau2)), mean - far, mean + far
    )


def random_effects_of_auc(auc: np.ndarray, se: np.ndarray, level: float = 0.95) -> Heterogeneity:
    """Return the same of AUCs, computed on the logit scale and given as AUCs; only tau stays on that scale.

    Parameters
    ----------
    auc, se : ndarray of shape (k,)
        Strictly between 0 and 1; standard errors are carried over by the delta method.
    level : float

    References
    ----------
    Debray et al. (2017), BMJ 356, i6460.

    Examples
    --------
    >>> found = random_effects_of_auc(np.array([0.7, 0.7, 0.7]), np.array([0.02, 0.03, 0.02]))
    >>> round(found.estimate, 3), found.tau
    (0.7, 0.0)
    """
    found = random_effects(logit(auc), np.asarray(se) / (np.asarray(auc) * (1 - np.asarray(auc))), level)
    ends = (found.estimate, found.low, found.high, found.prediction_low, found.prediction_high)
    estimate, low, high, prediction_low, prediction_high = (float(expit(end)) for end in ends)
    return Heterogeneity(found.places, estimate, low, high, found.tau, prediction_low, prediction_high)
