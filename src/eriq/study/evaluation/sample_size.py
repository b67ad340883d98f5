"""How many people a comparison needs, and the smallest difference that these people could show."""

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from eriq.study.evaluation.metrics import RangeError

SHRINKAGE = 0.9  # targets of Riley et al.: overfitting of at most 10 %,
OPTIMISM = 0.05  # apparent less true explained variation (Nagelkerke's R2),
MARGIN = 0.05  # and half-width of the interval for the overall risk
CORRELATION = 0.6  # of two AUCs on the same rows, of which one model's predictors contain the other's
POWER = 0.8
AUC_GUESS = 0.70


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """The test by which two AUCs on the same people are to be told apart."""

    correlation: float = CORRELATION  # between the two estimates, in [0, 1)
    power: float = POWER  # chance of finding the difference, in (0, 1)
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What a data set can carry, counted in people."""

    persons: int
    events: int
    rows: int
    parameters: int
    auc_guess: float
    r2: float  # Cox-Snell, that goes with auc_guess
    minimum_persons: int
    minimum_events: int
    deciding: str  # the criterion that asks for most
    affordable_parameters: int  # most parameters that these people could carry
    expected_shrinkage: float  # calibration slope to expect in new people without penalty
    half_width: float  # of the interval for the AUC
    smallest_difference: float  # in AUC, found with the power asked for
    test: PlannedTest

    @property
    def prevalence(self) -> float:
        """Share of people with the outcome."""
        return self.events / self.persons

    @property
    def events_per_parameter(self) -> float:
        """People with the outcome per candidate parameter."""
        return self.events / self.parameters

    @property
    def enough(self) -> bool:
        """Whether there are as many people as the criteria ask for."""
        return self.persons >= self.minimum_persons

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in words; a warning first, where there are too few."""
        have = f"{self.persons:,} with {self.events:,} events"
        need = (
            f"{self.parameters:,} parameters need at least {self.minimum_persons:,} with {self.minimum_events:,} events"
        )
        several = (
            f"The {self.rows:,} questionnaires come from {self.persons:,} people; people are counted, as answers of "
            "one person resemble each other."
        )
        return (
            f"{'Enough people' if self.enough else 'WARNING: too few people'}: {have}, and {need}.",
            f"Fitted without a penalty, {self.parameters:,} parameters would leave a calibration slope of about "
            f"{self.expected_shrinkage:.2f} in new people; these people can carry {self.affordable_parameters:,} "
            "parameters.",
            f"With a guessed AUC of {self.auc_guess:.2f}, the {self.test.level:.0%} interval of an AUC will be about "
            f"±{self.half_width:.3f}.",
            f"A difference in AUC below {self.smallest_difference:.3f} would be missed more often than "
            f'{1 - self.test.power:.0%} of the time, so "no gain shown" does not exclude a gain of that size.',
            *((several,) if self.rows > self.persons else ()),
        )


def cox_snell_from_auc(prevalence: float, auc: float) -> float:
    """Return the Cox-Snell R2 of a model with this AUC, if its scores are normal in both outcomes.

    Scores N(0, 1) without and N(d, 1) with the outcome have an AUC of Phi(d / sqrt 2), and the logistic model of the
    score is exact. Its expected likelihood ratio is integrated on a grid, where others simulate a million people.

    Parameters
    ----------
    prevalence : float
        In (0, 1).
    auc : float
        In [0.5, 1).

    Raises
    ------
    RangeError
        If either lies outside its range.

    References
    ----------
    Riley, Van Calster and Collins (2021), Statistics in Medicine 40, 859-864.

    Examples
    --------
    >>> round(cox_snell_from_auc(0.2, 0.75), 3), round(cox_snell_from_auc(0.2, 0.5), 3)
    (0.126, 0.0)
    """
    _inside("prevalence", prevalence)
    if not 0.5 <= auc < 1:
        raise RangeError(f"auc must lie between 0.5 and 1, got {auc}")
    distance = math.sqrt(2) * NormalDist().inv_cdf(auc)
    base = math.log(prevalence / (1 - prevalence))
    z = np.linspace(-12, 12, 4801)  # equal steps integrate a normal density to rounding error
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    log_odds_others = base + distance * z - distance**2 / 2
    log_odds_cases = base + distance * (z + distance) - distance**2 / 2
    fitted = -prevalence * (density @ np.logaddexp(0, -log_odds_cases)) - (1 - prevalence) * (
        density @ np.logaddexp(0, log_odds_others)
    )
    return max(0.0, 1 - math.exp(-2 * (float(fitted) - _null_log_likelihood(prevalence))))


def minimum_sample(
    prevalence: float, parameters: int, *, auc: float | None = None, r2: float | None = None
) -> pd.DataFrame:
    """Return the people needed to fit a logistic model with `parameters` candidate parameters, by criterion.

    Parameters
    ----------
    prevalence : float
        Share of people with the outcome, in (0, 1).
    parameters : int
        Candidate parameters: dummies, splines and interactions each count, whether kept or not.
    auc, r2 : float
        What the model is expected to reach, as an AUC or as a Cox-Snell R2; exactly one of the two.

    Returns
    -------
    DataFrame
        criterion (shrinkage, optimism, intercept, required), persons, events; `required` is the largest of the three.

    Raises
    ------
    RangeError
        If a value lies outside its range, or both or none of `auc` and `r2` are given.

    References
    ----------
    Riley et al. (2019), Statistics in Medicine 38, 1276-1296.

    Examples
    --------
    >>> minimum_sample(0.174, 24, r2=0.288)
       criterion  persons  events
    0  shrinkage      623     109
    1   optimism      662     116
    2  intercept      221      39
    3   required      662     116
    """
    _inside("prevalence", prevalence)
    if parameters < 1:
        raise RangeError(f"parameters must be at least 1, got {parameters}")
    if (auc is None) == (r2 is None):
        raise RangeError("give exactly one of auc and r2")
    explained = r2 if r2 is not None else cox_snell_from_auc(prevalence, auc if auc is not None else 0.5)
    most = 1 - math.exp(2 * _null_log_likelihood(prevalence))
    if not 0 < explained < most:
        raise RangeError(f"r2 must lie above 0 (auc above 0.5) and below its maximum {most:.3f} at this prevalence")
    needed = {
        "shrinkage": _persons_for(SHRINKAGE, explained, parameters),
        "optimism": _persons_for(explained / (explained + OPTIMISM * most), explained, parameters),
        "intercept": (NormalDist().inv_cdf(0.975) / MARGIN) ** 2 * prevalence * (1 - prevalence),
    }
    persons = [math.ceil(n - 1e-9) for n in needed.values()]
    persons.append(max(persons))
    events = [math.ceil(n * prevalence - 1e-9) for n in persons]
    return pd.DataFrame({"criterion": [*needed, "required"], "persons": persons, "events": events})


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
    _inside("level", level)
    return NormalDist().inv_cdf((1 + level) / 2) * _standard_error(persons, prevalence, auc)


def smallest_difference(
    persons: int,
    prevalence: float,
    auc: float,
    *,
    correlation: float = CORRELATION,
    power: float = POWER,
    level: float = 0.95,
) -> float:
    """Return the smallest true difference between two AUCs on the same people that a test would find.

    Parameters and errors as in `half_width_auc`, and

    Parameters
    ----------
    correlation : float
        Between the two estimated AUCs, in [0, 1); nested models have 0.5 and more.
    power : float
        Chance of finding it, in (0, 1).

    References
    ----------
    Hanley and McNeil (1983), Radiology 148, 839-843.

    Examples
    --------
    >>> round(smallest_difference(5512, 0.15, 0.75), 3)
    0.026
    """
    _inside("level", level)
    _inside("power", power)
    if not 0 <= correlation < 1:
        raise RangeError(f"correlation must lie between 0 and 1, got {correlation}")
    spread = _standard_error(persons, prevalence, auc) * math.sqrt(2 * (1 - correlation))
    return (NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)) * spread


def statement(
    events: int, persons: int, rows: int, parameters: int, auc_guess: float, test: PlannedTest | None = None
) -> SampleSize:
    """Return what a data set can carry, in numbers and in sentences, before anything is fitted.

    Parameters
    ----------
    events, persons, rows : int
        People with the outcome, people, and questionnaires. Several questionnaires of one person count once, which
        errs on the safe side.
    parameters : int
        Candidate parameters of the largest contender.
    auc_guess : float
        AUC expected of it, above 0.5; a guess from studies, not from these rows.
    test : PlannedTest, optional

    Raises
    ------
    RangeError
        If the counts contradict each other, or a value lies outside its range.

    References
    ----------
    See `minimum_sample`, `half_width_auc` and `smallest_difference`.

    Examples
    --------
    >>> print(statement(150, 1000, 2900, 22, 0.75).sentences[0])
    WARNING: too few people: 1,000 with 150 events, and 22 parameters need at least 1,805 with 271 events.
    """
    if not 0 < events < persons <= rows:
        raise RangeError("counts must satisfy 0 < events < persons <= rows")
    test, prevalence = test or PlannedTest(), events / persons
    r2 = cox_snell_from_auc(prevalence, auc_guess)
    table = minimum_sample(prevalence, parameters, r2=r2)
    return SampleSize(
        persons=persons,
        events=events,
        rows=rows,
        parameters=parameters,
        auc_guess=auc_guess,
        r2=r2,
        minimum_persons=int(table["persons"].iloc[-1]),
        minimum_events=int(table["events"].iloc[-1]),
        deciding=str(table["criterion"].iloc[int(table["persons"].iloc[:-1].to_numpy().argmax())]),
        affordable_parameters=_affordable(persons, prevalence, r2),
        expected_shrinkage=_expected_shrinkage(persons, parameters, r2),
        half_width=half_width_auc(persons, prevalence, auc_guess, test.level),
        smallest_difference=smallest_difference(persons, prevalence, auc_guess, **asdict(test)),
        test=test,
    )


def _null_log_likelihood(prevalence: float) -> float:
    """Return the expected log-likelihood per person of forecasting the prevalence for everyone."""
    return prevalence * math.log(prevalence) + (1 - prevalence) * math.log1p(-prevalence)


def _persons_for(shrinkage: float, r2: float, parameters: int) -> float:
    return parameters / ((shrinkage - 1) * math.log1p(-r2 / shrinkage))


def _expected_shrinkage(persons: int, parameters: int, r2: float) -> float:
    """Return the shrinkage at which `persons` would be just enough; the need rises with it, so bisection finds it."""
    low, high = r2, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _persons_for(middle, r2, parameters) < persons else (low, middle)
    return low


def _affordable(persons: int, prevalence: float, r2: float) -> int:
    """Return the most parameters for which the criteria that grow with them are met, 0 where the third is not."""
    if persons < minimum_sample(prevalence, 1, r2=r2).set_index("criterion")["persons"]["intercept"]:
        return 0
    most = 1 - math.exp(2 * _null_log_likelihood(prevalence))
    strictest = max(SHRINKAGE, r2 / (r2 + OPTIMISM * most))
    return int(persons / _persons_for(strictest, r2, 1) + 1e-9)


def _standard_error(persons: int, prevalence: float, auc: float) -> float:
    _inside("prevalence", prevalence)
    _inside("auc", auc)
    cases, others = persons * prevalence, persons * (1 - prevalence)
    if min(cases, others) < 1:
        raise RangeError("persons and prevalence leave less than one person in an outcome")
    pair_cases, pair_others = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (cases - 1) * (pair_cases - auc**2) + (others - 1) * (pair_others - auc**2)
    return math.sqrt(variance / (cases * others))


def _inside(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise RangeError(f"{name} must lie strictly between 0 and 1, got {value}")


def sample_statement(
    outcome: np.ndarray, client: np.ndarray, parameters: int, auc_guess: float = AUC_GUESS
) -> SampleSize:
    """Return what the rows of a study can carry, counted in people.

    Parameters
    ----------
    outcome, client : ndarray of shape (n_rows,)
        What happened (0 or 1), and whose row it is.
    parameters, auc_guess
        As in `statement`; the guess comes from studies, not from these rows.

    Raises
    ------
    RangeError
        As in `statement`.
    """
    codes, row_client = np.unique(client, return_inverse=True)
    events = int((np.bincount(row_client, weights=outcome) > 0).sum())
    return statement(min(events, len(codes) - 1), len(codes), len(outcome), parameters, auc_guess)
