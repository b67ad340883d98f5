"""How often the outcome came after a change of caseworker, among people alike in all else that the model takes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from scipy.special import ndtri

from eriq.config import Experiment
from eriq.config.streams import stream
from eriq.disclosure import min_people
from eriq.model.calibrator import expit
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.learning.newton import newton_ridge
from eriq.tables.results import Results, as_result

PUBLISHED = "-20 % (ERIQ slides, 2025) and -22 % (ERIQ report, 2017)"
COLUMN = "setting.handover"
LEAST = 20  # people with the outcome, and without it, on either side
AT_ONCE = 20  # samples of clients that are drawn before they are fitted
RIDGE = 1.0  # on standardised columns of the model; the change itself and the intercept are free
MANY_PEOPLE = 5_000  # from here on the interval is that of the logarithm's linear part: nothing is drawn and refitted
EXACT = 1e-12  # a gradient that leaves no digit of the ratio to chance


def handover_table(design: Design, chosen: Contender, experiment: Experiment, workers: int = 1) -> Results:
    """Return the rate ratio of the outcome that went with a change of caseworker, standardised: handover.

    A logistic regression on the change and on every other column of the chosen contender forecasts each row twice, as
    if the caseworker had changed and had not; the ratio is that of the two mean forecasts, its interval the percentiles
    over clients drawn with replacement, or of many clients what these percentiles tend to. Nothing is returned where a
    side has too few people of either outcome, or the study has no earlier questionnaires.

    Parameters
    ----------
    design : Design
    chosen : Contender
    experiment : Experiment
    workers : int
        Threads; they change the time and no digit of the result.

    References
    ----------
    Localio et al. (2007), Journal of Clinical Epidemiology 60; of many clients Efron (1981), Biometrika 68, on the
    infinitesimal jackknife.
    """
    if COLUMN not in design.matrix:
        return {}
    rows = np.flatnonzero(design.known & design.matrix[COLUMN].notna().to_numpy(bool))
    changed, outcome = design.matrix[COLUMN].to_numpy()[rows], design.outcome[rows].astype("float64")
    people, client = np.unique(design.client[rows], return_inverse=True)
    cells = [len(np.unique(client[(changed == c) & (outcome == o)])) for c in (0, 1) for o in (0, 1)]
    if min(cells) < max(LEAST, min_people()):
        return {}
    weight = np.ones(len(rows)) if design.weight is None else design.weight[rows]
    others = [name for name in chosen.columns if name != COLUMN]
    columns = np.column_stack([np.ones(len(rows)), changed, _standardised(design.matrix.iloc[rows][others])])
    start, plan = fitted(columns, outcome, weight), experiment.intervals
    ratio = rate_ratio(columns, outcome, weight, start)
    tails = [(1 - plan.level) / 2, (1 + plan.level) / 2]
    if len(people) > MANY_PEOPLE:
        each = influence(columns, outcome, weight, client, start)
        low, high = ratio * np.exp(ndtri(tails) * np.sqrt(each @ each))
    else:
        rng = stream(experiment.seed, "handover")
        ratios: list[float] = []
        with ThreadPoolExecutor(workers) as pool:  # numpy lets go of the interpreter
            for first in range(0, plan.replicates, AT_ONCE):
                n = min(AT_ONCE, plan.replicates - first)
                drawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), size=n)
                ratios += pool.map(lambda times: rate_ratio(columns, outcome, weight * times[client], start), drawn)
        low, high = np.quantile(ratios, tails)
    line = {
        "contender": chosen.name,
        "clients": len(people),
        "clients_changed": len(np.unique(client[changed == 1])),
        "fewest": min(cells),
        "ratio": ratio,
        "low": low,
        "high": high,
        "words": _sentence(ratio, low, high, plan.level),
    }
    return {"handover": as_result("handover", pd.DataFrame([line]))}


def rate_ratio(columns: np.ndarray, outcome: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None) -> float:
    """Return mean forecast with a change over mean forecast without; columns are 1, change, and all else.

    >>> changed = np.repeat([0.0, 1.0], 100)
    >>> outcome = np.tile(np.arange(100) < 40, 2) & ~((changed == 1) & (np.tile(np.arange(100), 2) >= 20))
    >>> round(rate_ratio(np.column_stack([np.ones(200), changed]), outcome.astype(float), np.ones(200)), 6)
    0.5
    """
    counted = weight > 0  # of clients drawn with replacement, a third is not there
    columns, outcome, weight = columns[counted], outcome[counted], weight[counted]
    beta = fitted(columns, outcome, weight, start)
    base = columns @ beta - columns[:, 1] * beta[1]
    return float(np.average(expit(base + beta[1]), weights=weight) / np.average(expit(base), weights=weight))


def influence(
    columns: np.ndarray, outcome: np.ndarray, weight: np.ndarray, client: np.ndarray, beta: np.ndarray
) -> np.ndarray:
    """Return how far the logarithm of the ratio moves if a client counts once more, to first order.

    Parameters
    ----------
    columns, outcome, weight
        As in `rate_ratio`.
    client : ndarray of int, shape (n_rows,)
        A code from 0 on.
    beta : ndarray of shape (n_columns,)
        The coefficients of all.

    Returns
    -------
    ndarray of shape (n_clients,)
    """
    p, base = expit(columns @ beta), columns @ beta - columns[:, 1] * beta[1]
    curve = (columns * (weight * p * (1 - p))[:, None]).T @ columns + np.diag(_penalty(columns.shape[1]))
    own, slope = np.zeros(len(outcome)), np.zeros(len(beta))
    for sign, changed in ((1, 1.0), (-1, 0.0)):
        there = expit(base + changed * beta[1])
        total = sign * (weight @ there)
        own += weight * there / total
        steep = weight * there * (1 - there) / total
        slope += columns.T @ steep
        slope[1] += steep @ (changed - columns[:, 1])
    own += (columns @ np.linalg.solve(curve, slope)) * weight * (outcome - p)
    return np.bincount(client, weights=own)


def fitted(columns: np.ndarray, outcome: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Return the coefficients of the ridge, from a start that may be near."""
    penalty = _penalty(columns.shape[1])
    start, total = np.zeros(columns.shape[1]) if start is None else start, weight.sum()
    return newton_ridge(columns, outcome, weight / total, penalty / total, start, EXACT)


def _penalty(n_columns: int) -> np.ndarray:
    return np.concatenate([np.full(2, 1e-9), np.full(n_columns - 2, RIDGE)])


def _standardised(matrix: pd.DataFrame) -> np.ndarray:
    """Return columns with gaps at their mean and a column beside that tells them, on one scale; constants go."""
    gaps = matrix.isna().astype("float64").add_suffix(" gap")
    gaps = gaps.loc[:, gaps.std() > 0]
    whole = pd.concat([matrix.fillna(matrix.mean()).fillna(0.0), gaps], axis="columns")
    whole = whole.loc[:, whole.std() > 0]
    scaled: np.ndarray = ((whole - whole.mean()) / whole.std()).to_numpy("float64")
    return scaled


def _sentence(ratio: float, low: float, high: float, level: float) -> str:
    ends = " to ".join(f"{100 * (end - 1):+.0f} %" for end in (low, high))
    return (
        f"A change of caseworker since the questionnaire before went with {100 * (ratio - 1):+.0f} % of the outcome "
        f"({100 * level:.0f} % interval {ends}), people being alike in the other columns of the model; for job finding "
        f"{PUBLISHED} are reported. It is an association: why caseworkers changed is not known here."
    )
