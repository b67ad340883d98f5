"""Whether, and how far, forecasts are to be recalibrated for other people: intercept, or intercept and slope."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from eriq.errors import CohortError
from eriq.model.calibrator import Calibrator
from eriq.study.evaluation.recalibration import logistic_fit
from eriq.study.evaluation.recalibration import shift as level_shift

EVENTS = 100  # and as many without the outcome: Vergouwe et al. (2005)


class UnchangedError(CohortError):
    """A model fits other people as it stands, so that nothing is to be changed."""


@dataclass(frozen=True, slots=True)
class Update:
    """What recalibration adds to the log-odds of a model."""

    kind: str  # intercept, intercept and slope
    calibrator: Calibrator
    why: str


def recalibrated(outcome: np.ndarray, log_odds: np.ndarray, alpha: float = 0.05) -> Update:
    """Return the smallest update that the closed testing procedure does not reject.

    Parameters
    ----------
    outcome, log_odds : ndarray of shape (n_clients,)
        One row per client.

    Raises
    ------
    CohortError
        When too few have, or have not, the outcome; `UnchangedError` where the model fits as it stands.

    References
    ----------
    Vergouwe et al. (2017), Statistics in Medicine 36, 4529-4539; the least number of events, Vergouwe et al. (2005),
    Journal of Clinical Epidemiology 58, 475-483.
    """
    y, x, w = outcome.astype(np.float64), np.asarray(log_odds, np.float64), np.ones(len(outcome))
    if min(y.sum(), len(y) - y.sum()) < EVENTS:
        raise CohortError(
            f"too few for recalibration: {EVENTS} clients with the outcome and {EVENTS} without it are needed"
        )
    level = level_shift(x, y, w)
    intercept, slope = logistic_fit(x, y, w)
    if not slope > 0:
        raise CohortError("the forecasts do not rank these people: recalibration cannot mend that; train a new model")
    none, one, two = (_likelihood(y, z) for z in (x, level + x, intercept + slope * x))
    whole, last = chi2.sf(2 * (two - none), 2), chi2.sf(2 * (two - one), 1)
    if whole >= alpha:
        raise UnchangedError(
            f"the model fits these people as it stands (closed test, p = {whole:.2f}): nothing was changed"
        )
    if last >= alpha:
        return Update("intercept", Calibrator(level, 1.0), f"slope 1 is not rejected (p = {last:.2f})")
    return Update("intercept and slope", Calibrator(intercept, slope), f"slope 1 is rejected (p = {last:.3f})")


AS_IT_STANDS = Update("none", Calibrator(0.0, 1.0), "it fits as it stands")


def recalibrated_or_kept(outcome: np.ndarray, log_odds: np.ndarray) -> Update | None:
    """Return the update of a further fit: what it needs, nothing where it fits as it stands, None where none can tell.

    >>> recalibrated_or_kept(np.array([0, 1]), np.zeros(2)) is None
    True
    """
    try:
        return recalibrated(outcome, log_odds)
    except UnchangedError:
        return AS_IT_STANDS
    except CohortError:
        return None


def composed(update: Calibrator, before: Calibrator) -> Calibrator:
    """Return the calibrator that does both, `before` first.

    >>> composed(Calibrator(1.0, 2.0), Calibrator(0.5, 3.0))
    Calibrator(intercept=2.0, slope=6.0)
    """
    return Calibrator(update.intercept + update.slope * before.intercept, update.slope * before.slope)


def _likelihood(y: np.ndarray, z: np.ndarray) -> float:
    return float((y * z - np.logaddexp(0, z)).sum())
