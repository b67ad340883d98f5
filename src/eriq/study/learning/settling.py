"""What a way of learning settles for itself inside its training rows, on folds of whole clients: how strong, how long.

It belongs to the learner and not to `tuning`, so every fit does it: a strength that suits a thousand people lets a
model of a hundred and fifty fit their noise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eriq.config.streams import stream
from eriq.features import Feature
from eriq.study.design.contender import Setting
from eriq.study.design.folds import apart, client_folds
from eriq.study.learning.newton import newton_ridge

if TYPE_CHECKING:
    from eriq.study.learning.boosted import BoostedTrees

FOLDS = 5
MANY_ROWS = 5000  # from here on three folds tell as much, and fits are what a training spends its time on
VERY_MANY_ROWS = 100_000  # from here on a ridge settles on whole clients of so many, and trees on one fold of five
FEW_ROWS = 1000  # below this the folds are dealt three times: one deal says little about a strength
STRENGTHS = tuple(
    float(c) for c in np.geomspace(3e-4, 0.3, 7).round(6)
)  # of a ridge on scaled columns, strongest first
MOST_TREES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to learn from."""

    matrix: np.ndarray  # shape (n_rows, n_columns), NaN where unknown
    outcome: np.ndarray
    client: np.ndarray
    weight: np.ndarray | None = None


Factory = Callable[..., Any]  # (features, seed, **settings) -> estimator
Settle = Callable[[Factory, Sequence[Feature], int, Rows, Mapping[str, Setting]], dict[str, Setting]]


def inner_folds(rows: Rows, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (train, test) positions of folds of whole clients; none where fewer than two clients have an outcome.

    As many folds as clients with the rarer outcome allow, at most `FOLDS`, and three of many rows; of very many the
    first of five alone: a fifth of them tells losses apart that no forecast shows.
    """
    several = [np.unique(rows.client[rows.outcome == y]) for y in (0, 1)]
    very_many = len(rows.outcome) > VERY_MANY_ROWS
    n_folds = min(FOLDS if very_many or len(rows.outcome) < MANY_ROWS else 3, *map(len, several))
    if n_folds < 2:
        return
    for deal in range(3 if len(rows.outcome) < FEW_ROWS else 1):
        label = client_folds(rows.outcome, rows.client, n_folds, seed + deal)
        for k in range(1 if very_many else n_folds):
            train, test = np.flatnonzero(label != k), np.flatnonzero(label == k)
            apart(rows.client, train, test, "inner folds")
            if len(np.unique(rows.outcome[train])) == 2 and len(test):
                yield train, test


def ridge_strength(
    make: Factory, features: Sequence[Feature], seed: int, rows: Rows, given: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Return the strength of a ridge, as `C`, with the lowest log loss on inner folds.

    Columns are prepared once for all folds: widening and scaling look at no outcome. Each fold is a warm path from the
    strongest to the weakest of `STRENGTHS`. As `C` is weighed against the sum of losses it is how far coefficients are
    thought to spread, and means the same for any number of rows: of very many, some people tell it.
    """
    rows = some_clients(rows, VERY_MANY_ROWS, seed)
    folds = list(inner_folds(rows, seed))
    if not folds:
        return {"C": STRENGTHS[0]}
    prepared = np.asarray(make(features, seed, **given)[:-1].fit_transform(rows.matrix), "float64")
    columns = np.column_stack([prepared, np.ones(len(prepared))])
    everybody = np.ones(len(columns)) if rows.weight is None else rows.weight
    loss = np.zeros(len(STRENGTHS))
    for train, test in folds:
        x, y, total = columns[train], rows.outcome[train], everybody[train].sum()
        beta = np.zeros(columns.shape[1])
        for place, strength in enumerate(STRENGTHS):
            penalty = np.full(len(beta), 1 / (strength * total))
            penalty[-1] = 0.0  # the intercept is free
            beta = newton_ridge(x, y, everybody[train] / total, penalty, beta)
            margin = columns[test] @ beta
            losses = np.logaddexp(0, margin) - rows.outcome[test] * margin
            loss[place] += len(test) * np.average(losses, weights=everybody[test])
    return {"C": lowest_between(np.log(STRENGTHS), loss / sum(len(test) for _, test in folds))}


def some_clients(rows: Rows, most: int, seed: int) -> Rows:
    """Return all rows of clients drawn by lot, as many as make at most `most` rows; all where there are no more."""
    if len(rows.outcome) <= most:
        return rows
    _, client = np.unique(rows.client, return_inverse=True)
    sizes = np.bincount(client)
    order = stream(seed, "clients to settle on").permutation(len(sizes))
    taken = np.zeros(len(sizes), dtype=bool)
    taken[order[sizes[order].cumsum() <= most]] = True
    some = np.flatnonzero(taken[client])
    weight = None if rows.weight is None else rows.weight[some]
    return Rows(rows.matrix[some], rows.outcome[some], rows.client[some], weight)


def lowest_between(log_strength: np.ndarray, loss: np.ndarray) -> float:
    """Return the strength at the lowest point of a parabola through the lowest loss and its two neighbours.

    >>> round(lowest_between(np.log([0.01, 0.1, 1.0]), np.array([2.0, 1.0, 2.0])), 6)
    0.1
    >>> round(lowest_between(np.log([0.01, 0.1, 1.0]), np.array([1.5, 1.0, 2.0])), 3)
    0.068
    """
    at = int(loss.argmin())
    if at in (0, len(loss) - 1):
        return float(np.exp(log_strength[at]))
    left, middle, right = loss[at - 1 : at + 2]
    step = (log_strength[at + 1] - log_strength[at - 1]) / 2
    return float(np.exp(log_strength[at] + step * (left - right) / (left - 2 * middle + right) / 2))


def tree_count(
    make: Factory, features: Sequence[Feature], seed: int, rows: Rows, given: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Return the number of boosted trees with the lowest log loss on inner folds, from one growth per fold."""
    curves, sizes = [], []
    for train, test in inner_folds(rows, seed):
        trees: BoostedTrees = make(features, seed, **{**given, "n_estimators": MOST_TREES})
        curves.append(trees.curve(rows.matrix, rows.outcome, train, test, rows.weight))
        sizes.append(len(test))
        if len(curves) == FOLDS:  # trees cost more than lines, and one deal of folds has to do
            break
    if not curves:
        return {"n_estimators": 1}
    length = max(map(len, curves))  # a fold stops early where further trees only harm: it stays at its last loss
    padded = [np.concatenate([curve, np.full(length - len(curve), curve[-1])]) for curve in curves]
    return {"n_estimators": 1 + int(np.average(padded, axis=0, weights=sizes).argmin())}
