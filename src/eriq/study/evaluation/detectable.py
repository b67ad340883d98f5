"""How exact an AUC will be, and the smallest difference of two that people could show."""

import math
from statistics import NormalDist

import pandas as pd

from eriq.study.evaluation.metrics import RangeError

CORRELATIONS = (0.1, 0.5, 0.9)  # of two AUCs on the same rows; .12 to .99 were measured, so none is assumed
POWER = 0.8
AUC_ASSUMED = 0.70  # of register models elsewhere, .65 to .77; nothing about these people is in it


def half_width_auc(persons: int, prevalence: float, auc: float, level: float = 0.95) -> float:
    """Return half the width of the confidence interval to expect for an AUC.

    Parameters
    ----------
    persons : int
        Independent people in the test rows, not questionnaires.
    prevalence, auc, level : float
        Each in (0, 1).

    Raises
    ------
    RangeError
        If a value lies outside its range, or leaves less than one person in an outcome.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36.

    Examples
    --------
    >>> round(half_width_auc(5512, 0.15, 0.75), 3)
    0.02
    """
    inside("level", level)
    return NormalDist().inv_cdf((1 + level) / 2) * _standard_error(persons, prevalence, auc)


def smallest_difference(
    persons: int,
    prevalence: float,
    auc: float,
    *,
    correlation: float,
    power: float = POWER,
    level: float = 0.95,
) -> float:
    """Return the smallest true difference between two AUCs on the same people that a test would find.

    Parameters and errors as in `half_width_auc`, and

    Parameters
    ----------
    correlation : float
        Between the two estimated AUCs, in [0, 1); it decides, and is not known before a run.
    power : float
        Chance of finding it, in (0, 1).

    References
    ----------
    Hanley and McNeil (1983), Radiology 148, 839-843.

    Examples
    --------
    >>> round(smallest_difference(5512, 0.15, 0.75, correlation=0.6), 3)
    0.026
    """
    if not 0 <= correlation < 1:
        raise RangeError(f"correlation must lie between 0 and 1, got {correlation}")
    spread = _standard_error(persons, prevalence, auc) * math.sqrt(2 * (1 - correlation))
    return smallest_shown(spread, power=power, level=level)


def smallest_before(persons: int, prevalence: float, auc: float = AUC_ASSUMED) -> pd.DataFrame:
    """Return the smallest difference in AUC these people could show, for weak, middling and strong correlation.

    Parameters and errors as in `half_width_auc`.

    Returns
    -------
    DataFrame
        correlation, smallest_difference.

    Examples
    --------
    >>> smallest_before(899, 0.35).round(3).to_numpy().tolist()
    [[0.1, 0.071], [0.5, 0.053], [0.9, 0.024]]
    """
    found = [smallest_difference(persons, prevalence, auc, correlation=r) for r in CORRELATIONS]
    return pd.DataFrame({"correlation": CORRELATIONS, "smallest_difference": found})


def smallest_shown(standard_error: float, *, power: float = POWER, level: float = 0.95) -> float:
    """Return the smallest true difference a run would find, from its own paired standard error.

    Parameters
    ----------
    standard_error : float
        Of the difference, on the same people and folds; not negative.
    power, level : float
        Each in (0, 1); 80 % and 95 % make it 2.8 standard errors.

    Raises
    ------
    RangeError
        If a value lies outside its range.

    Examples
    --------
    >>> round(smallest_shown(0.0025), 4)
    0.007
    """
    inside("level", level)
    inside("power", power)
    if not standard_error >= 0:
        raise RangeError(f"standard_error must not be negative, got {standard_error}")
    return (NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)) * standard_error


def error_of_interval(low: float, high: float, level: float = 0.95) -> float:
    """Return the standard error of a normal interval with these ends.

    >>> round(error_of_interval(-0.0049, 0.0049), 4)
    0.0025
    """
    inside("level", level)
    return (high - low) / (2 * NormalDist().inv_cdf((1 + level) / 2))


def inside(name: str, value: float) -> None:
    """Raise RangeError unless `value` lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise RangeError(f"{name} must lie strictly between 0 and 1, got {value}")


def _standard_error(persons: int, prevalence: float, auc: float) -> float:
    inside("prevalence", prevalence)
    inside("auc", auc)
    cases, others = persons * prevalence, persons * (1 - prevalence)
    if min(cases, others) < 1:
        raise RangeError("persons and prevalence leave less than one person in an outcome")
    pair_cases, pair_others = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (cases - 1) * (pair_cases - auc**2) + (others - 1) * (pair_others - auc**2)
    return math.sqrt(variance / (cases * others))
