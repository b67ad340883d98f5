"""The interval of an AUC difference that covers refitting.

Contenders are compared on pairs of rows of the same test fold, so that the intercepts of different fits never
meet. The variance has two parts. The first is that of the forecasts as they are, over clusters. The second is the
covariance of folds: each fold helps to train the model that the other tests, so both are lucky together. It is
measured by fits that leave out two folds at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata, t

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FoldInterval:
    """A difference of AUCs, second contender less first, with its interval."""

    estimate: float
    se: float
    low: float
    high: float
    df: float
    fixed: float  # variance of the forecasts as they are
    refit: float  # variance added because folds train for each other


@dataclass(frozen=True, slots=True, eq=False)
class FoldForecasts:
    """Forecasts of two contenders, fold by fold.

    Attributes
    ----------
    outcome : ndarray of shape (n,)
        0 or 1.
    cluster : ndarray of shape (n,)
        The unit that varies from sample to sample: client, caseworker or job centre.
    fold : ndarray of shape (repeats, n)
        Which fold tests each row: 0, 1, ...; -1 where none does.
    forecast : ndarray of shape (repeats, n, 2)
        Any monotone scale.
    without_two : mapping of (repeat, k, l) to ndarray of shape (n, 2)
        Forecasts of fits without folds k and l; only rows of these two folds are read.
    weight : ndarray of shape (n,), optional
        How often each row counts, taken as known; none: every row once.
    """

    outcome: npt.NDArray[np.int8]
    cluster: npt.NDArray[np.int64]
    fold: IntArray
    forecast: FloatArray
    without_two: Mapping[tuple[int, int, int], FloatArray]
    weight: FloatArray | None = None


def fold_pairs(folds: int) -> list[tuple[int, int]]:
    """Return the pairs of folds to leave out together: each fold with the next two, round the circle.

    These are all pairs up to 5 folds, and never more than two fits per fold.

    Raises
    ------
    ValueError
        With fewer than three folds nothing would be left to train on.

    Examples
    --------
    >>> fold_pairs(4)
    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    >>> len(fold_pairs(5)), len(fold_pairs(10))
    (10, 20)
    """
    if folds < 3:
        raise ValueError(f"two folds are left out at once, so there must be at least 3, not {folds}")
    circle = [(k, (k + step) % folds) for k in range(folds) for step in (1, 2)]
    return sorted({(min(pair), max(pair)) for pair in circle})


def fold_interval(given: FoldForecasts, level: float = 0.95) -> FoldInterval:
    """Return the AUC of the second contender less that of the first, with a t interval that covers refitting.

    The target is the expected difference of models trained on as many people as one fold trains on.

    Parameters
    ----------
    given : FoldForecasts
    level : float
        Share of samples whose interval is meant to hold the expected difference.

    Returns
    -------
    FoldInterval
        The spread of fixed forecasts is that of DeLong's placements summed within clusters; the covariance of two
        folds is the product of what each teaches the model that is tested on the other; degrees of freedom combine
        both parts.

    Raises
    ------
    ValueError
        If a fold has one class only, or every cluster is a fold of its own.

    References
    ----------
    DeLong et al. (1988), Biometrics 44, 837-845. Obuchowski (1997), Biometrics 53, 567-578.
    Satterthwaite (1946), Biometrics Bulletin 2, 110-114. Bates, Hastie and Tibshirani (2024), JASA 119, 1434-1445, for
    the fits that leave out two folds; `docs/method.md` has the derivation and the simulation.
    """
    happened = given.outcome == 1
    _, code = np.unique(given.cluster, return_inverse=True)
    folds, groups = int(given.fold.max()) + 1, int(code.max()) + 1
    gain = np.empty((len(given.fold), folds))
    influence, cells = np.zeros(groups), 0
    for r, k in np.ndindex(gain.shape):
        rows = np.flatnonzero(given.fold[r] == k)
        gain[r, k], pull = _gain(happened[rows], given.forecast[r, rows], _of(given.weight, rows))
        influence += np.bincount(code[rows], weights=pull, minlength=groups) / gain.size
        cells += len(np.unique(code[rows]))
    free = groups * (1 - gain.size / cells)  # influences add up to 0 in each fold
    if free < 1:
        raise ValueError("every cluster is a fold of its own: nothing tells how clusters of a fold differ")
    fixed = groups / free * float((influence**2).sum())

    products = []
    for (r, k, other), forecast in given.without_two.items():
        mine, theirs = (
            gain[r, test] - _gain(happened[rows], forecast[rows], _of(given.weight, rows))[0]
            for test in (k, other)
            for rows in [np.flatnonzero(given.fold[r] == test)]
        )
        products.append(mine * theirs)
    refit = max(0.0, (1 - 1 / folds) * float(np.mean(products))) if products else 0.0
    repeats = len({r for r, _, _ in given.without_two}) or 1

    estimate, variance = float(gain.mean()), fixed + refit
    if variance == 0:  # two contenders that never differ
        return FoldInterval(estimate, 0.0, estimate, estimate, float(free), 0.0, 0.0)
    df = variance**2 / (fixed**2 / free + refit**2 / (repeats * (folds - 1)))
    se = float(np.sqrt(variance))
    reach = float(t.ppf((1 + level) / 2, df)) * se
    return FoldInterval(estimate, se, estimate - reach, estimate + reach, float(df), fixed, refit)


def _of(weight: FloatArray | None, rows: IntArray) -> FloatArray | None:
    return None if weight is None else weight[rows]


def _gain(
    happened: npt.NDArray[np.bool_], score: FloatArray, weight: FloatArray | None = None
) -> tuple[float, FloatArray]:
    """Return the AUC of the second column less that of the first, and each row's influence on it."""
    (a, of_a), (b, of_b) = (_auc(happened, score[:, c], weight) for c in (0, 1))
    return b - a, of_b - of_a


def _auc(
    happened: npt.NDArray[np.bool_], score: FloatArray, weight: FloatArray | None = None
) -> tuple[float, FloatArray]:
    """Return the AUC and each row's influence on it; influences add up to 0.

    >>> _auc(np.array([False, True, True]), np.array([0.0, 0.0, 1.0]))
    (0.75, array([ 0.   , -0.125,  0.125]))
    """
    hits = int(happened.sum())
    misses = len(happened) - hits
    if not hits or not misses:
        raise ValueError("a fold has one class only")
    if weight is not None:
        return _weighted_auc(happened, score, weight)
    place = rankdata(score)
    place[happened] = (place[happened] - rankdata(score[happened])) / misses  # share of the other class below
    place[~happened] = 1 - (place[~happened] - rankdata(score[~happened])) / hits  # and above
    auc = float(place[happened].mean())
    return auc, (place - auc) / np.where(happened, hits, misses)


def _weighted_auc(happened: npt.NDArray[np.bool_], score: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Return what `_auc` does if a row of weight 2 is two rows, with the influence of both.

    >>> _weighted_auc(np.array([False, True, True]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0, 2.0]))[0].hex()
    '0x1.aaaaaaaaaaaabp-1'
    """
    place = np.empty(len(score))
    for mine, sign in ((happened, 1.0), (~happened, -1.0)):
        other, share = sign * score[~mine], weight[~mine] / weight[~mine].sum()
        order = np.argsort(other)
        below = np.concatenate([[0.0], np.cumsum(share[order])])
        ends = (np.searchsorted(other[order], sign * score[mine], side=side) for side in ("left", "right"))
        place[mine] = sum(below[end] for end in ends) / 2  # ties half
    auc = float(np.average(place[happened], weights=weight[happened]))
    total = np.where(happened, weight[happened].sum(), weight[~happened].sum())
    return auc, weight * (place - auc) / total
