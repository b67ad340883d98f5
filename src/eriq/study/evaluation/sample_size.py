"""How many people a contender needs, and what is said of these people before a run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from eriq.study.evaluation.detectable import AUC_ASSUMED, POWER, half_width_auc, inside, smallest_before
from eriq.study.evaluation.metrics import RangeError

SHRINKAGE = 0.9  # targets of Riley et al.: overfitting of at most 10 %,
OPTIMISM = 0.05  # apparent less true explained variation (Nagelkerke's R2),
MARGIN = 0.05  # and half-width of the interval for the overall risk

UNPENALISED = (
    "The rule (Riley et al.) is for regressions fitted without a penalty; for contenders with one, and for trees, it "
    "is a yardstick: what they need cannot be said before a run."
)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What a data set can carry for one contender, counted in people."""

    contender: str
    persons: int
    events: int
    rows: int
    parameters: int
    auc_assumed: float
    prevalence: float
    r2: float  # Cox-Snell, that goes with auc_assumed
    minimum_persons: int
    minimum_events: int
    deciding: str  # the criterion that asks for most
    affordable_parameters: int  # most parameters that these people could carry
    expected_shrinkage: float  # calibration slope to expect in new people without penalty
    events_per_parameter: float
    half_width: float  # of the 95 % interval for the AUC
    enough: bool
    sentences: tuple[str, ...]

    @property
    def few_events(self) -> bool:
        """Whether there are fewer events than the minimum, so that a verdict on this contender is provisional."""
        return self.events < self.minimum_events


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
    inside("prevalence", prevalence)
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
    inside("prevalence", prevalence)
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


def statement(
    events: int, persons: int, rows: int, parameters: int, auc_assumed: float = AUC_ASSUMED, contender: str = ""
) -> SampleSize:
    """Return what a data set can carry for one contender, in numbers and in sentences, before anything is fitted.

    Parameters
    ----------
    events, persons, rows : int
        People with the outcome, people, and questionnaires. Several questionnaires of one person count once, which
        errs on the safe side.
    parameters : int
        Candidate parameters of the contender.
    auc_assumed : float
        AUC it is assumed to reach, above 0.5; from studies, not from these rows.
    contender : str
        Its name, as the sentences say it.

    Raises
    ------
    RangeError
        If the counts contradict each other, or a value lies outside its range.

    References
    ----------
    See `minimum_sample` and `half_width_auc`.

    Examples
    --------
    >>> print(statement(150, 1000, 2900, 22, 0.75, "questionnaire | logistic").sentences[0])
    WARNING: too few people for questionnaire | logistic: 1,000 with 150 events, and its 22 parameters need at least \
1,805 with 271 events, if its AUC is 0.75.
    """
    if not 0 < events < persons <= rows:
        raise RangeError("counts must satisfy 0 < events < persons <= rows")
    prevalence = events / persons
    r2 = cox_snell_from_auc(prevalence, auc_assumed)
    table = minimum_sample(prevalence, parameters, r2=r2)
    required, needed_events = int(table["persons"].iloc[-1]), int(table["events"].iloc[-1])
    criteria = table.iloc[:-1]
    single = minimum_sample(prevalence, 1, r2=r2).set_index("criterion")["persons"]
    affordable = 0 if persons < single["intercept"] else _affordable(persons, prevalence, r2)
    shrinkage = _expected_shrinkage(persons, parameters, r2)
    enough, of = persons >= required, f" for {contender}" if contender else ""
    judged = (
        f"people{of}: {persons:,} with {events:,} events, and its {parameters:,} parameters need at least {required:,} "
        f"with {needed_events:,} events, if its AUC is {auc_assumed:.2f}."
    )
    sentences = (
        f"Enough {judged}" if enough else f"WARNING: too few {judged}",
        f"Fitted without a penalty, {parameters:,} parameters would leave a calibration slope of about "
        f"{shrinkage:.2f} in new people; these people can carry {affordable:,} parameters.",
    )
    return SampleSize(
        contender=contender,
        persons=persons,
        events=events,
        rows=rows,
        parameters=parameters,
        auc_assumed=auc_assumed,
        prevalence=prevalence,
        r2=r2,
        minimum_persons=required,
        minimum_events=needed_events,
        deciding=str(criteria["criterion"].iloc[int(criteria["persons"].to_numpy().argmax())]),
        affordable_parameters=affordable,
        expected_shrinkage=shrinkage,
        events_per_parameter=events / parameters,
        half_width=half_width_auc(persons, prevalence, auc_assumed),
        enough=enough,
        sentences=sentences,
    )


def statements(
    outcome: np.ndarray, client: np.ndarray, parameters: Mapping[str, int], auc_assumed: float = AUC_ASSUMED
) -> tuple[SampleSize, ...]:
    """Return what the rows of a study can carry for each named contender apart, counted in people.

    Parameters
    ----------
    outcome, client : ndarray of shape (n_rows,)
        What happened (0 or 1), and whose row it is.
    parameters : mapping of str to int
        Contender -> its candidate parameters; one that fits none counts as fitting one.
    auc_assumed : float
        As in `statement`.

    Raises
    ------
    RangeError
        As in `statement`.
    """
    codes, row_client = np.unique(client, return_inverse=True)
    events = min(int((np.bincount(row_client, weights=outcome) > 0).sum()), len(codes) - 1)
    return tuple(
        statement(events, len(codes), len(outcome), max(number, 1), auc_assumed, name)
        for name, number in parameters.items()
    )


def before_a_run(sizes: Sequence[SampleSize]) -> tuple[str, ...]:
    """Return what is said before anything is fitted: each contender apart, then what holds for all of them.

    Parameters
    ----------
    sizes : sequence of SampleSize
        Of the same people, at least one.

    Examples
    --------
    >>> for sentence in before_a_run([statement(827, 5512, 5512, 22, 0.75)])[2:]:
    ...     print(sentence)
    The rule (Riley et al.) is for regressions fitted without a penalty; for contenders with one, and for trees, it is \
a yardstick: what they need cannot be said before a run.
    If an AUC is 0.75, its 95 % interval will be about ±0.020.
    What gain these people can show depends on how far two AUCs move together, which is not known before a run: \
at a correlation of 0.1, 0.5 and 0.9 the smallest difference found in 80 % of studies is 0.039, 0.029 and 0.013, if \
both AUCs are 0.75.
    """
    one = sizes[0]
    table = smallest_before(one.persons, one.prevalence, one.auc_assumed)
    at, found = (
        ", ".join(text[:-1]) + f" and {text[-1]}"
        for text in (
            [f"{r:g}" for r in table["correlation"]],
            [f"{difference:.3f}" for difference in table["smallest_difference"]],
        )
    )
    shared = [
        UNPENALISED,
        f"If an AUC is {one.auc_assumed:.2f}, its 95 % interval will be about ±{one.half_width:.3f}.",
        "What gain these people can show depends on how far two AUCs move together, which is not known before a run: "
        f"at a correlation of {at} the smallest difference found in {POWER:.0%} of studies is {found}, if both AUCs "
        f"are {one.auc_assumed:.2f}.".replace("%", " %"),
    ]
    if one.rows > one.persons:
        shared.append(
            f"The {one.rows:,} questionnaires come from {one.persons:,} people; people are counted, as answers of one "
            "person resemble each other."
        )
    return (*(sentence for size in sizes for sentence in size.sentences), *shared)


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
    """Return the most parameters for which the criteria that grow with them are met."""
    most = 1 - math.exp(2 * _null_log_likelihood(prevalence))
    strictest = max(SHRINKAGE, r2 / (r2 + OPTIMISM * most))
    return int(persons / _persons_for(strictest, r2, 1) + 1e-9)
