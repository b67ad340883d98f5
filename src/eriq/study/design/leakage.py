"""A column that knows too much."""

from collections.abc import Iterable, Sequence

import numpy as np

from eriq.errors import LeakageError
from eriq.features import Feature
from eriq.study.design.design import Design

FEW = 1000  # values


def too_good(
    design: Design, features: Iterable[Feature], limit: float, trusted: Sequence[str] = (), min_events: int = 20
) -> None:
    """Raise LeakageError if one column alone tells the outcome better than `limit` (an AUC).

    On a horizon of months nothing known beforehand does that; it is a later fact under another name.
    A column that is filled in only for some outcomes tells as much as its values, so its gaps are
    looked at too; a category counts by the outcome rate of each level.

    Parameters
    ----------
    design : Design
        Rows, matrix and outcome.
    features : iterable of Feature
        Columns to look at; those absent from the matrix or named in `trusted` are not.
    limit : float
        AUC, in either direction, from which a column is refused.
    trusted : sequence of str
        Names of columns, with or without their block.
    min_events : int
        Rows with and without the outcome below which an AUC says nothing.

    Raises
    ------
    LeakageError
        With the names of all such columns.
    """
    suspects = []
    for feature in features:
        if feature.name not in design.matrix or {feature.name, feature.name.split(".", 1)[-1]} & {*trusted}:
            continue
        value = design.matrix[feature.name].to_numpy()
        known = ~np.isnan(value)
        seen = _level_rates(value[known], design.outcome[known]) if feature.levels else value[known]
        for outcome, told in ((design.outcome[known], seen), (design.outcome, known)):
            if min(outcome.sum(), len(outcome) - outcome.sum()) < min_events:
                continue
            auc = _auc(outcome, told)
            if max(auc, 1 - auc) >= limit:
                suspects.append(feature.column if feature.given else feature.name)  # a ready table knows its own names
                break
    if suspects:
        raise LeakageError(
            f"{', '.join(suspects)}: tells the outcome alone with an AUC of {limit} or more, which nothing known at "
            "the answer does; give it the role 'after', or name it in 'trusted' if you are sure"
        )


def _auc(outcome: np.ndarray, told: np.ndarray) -> float:
    """Return the area under the ROC curve, ties half: two plain sorts, exact counts, no curve.

    >>> _auc(np.array([0, 1, 0, 1]), np.array([1.0, 4.0, 4.0, 8.0]))
    0.875
    """
    cases, others = told[outcome == 1], told[outcome != 1]
    if told.dtype == bool:  # two values need no sorting
        half = 2 * len(cases) * len(others)
        below = 2 * int(cases.sum()) * int((~others).sum()) + int(cases.sum()) * int(others.sum())
        return float((below + int((~cases).sum()) * int((~others).sum())) / half)
    if told.dtype == np.float32 and len(told) and (counted := _counts(cases, others)) is not None:
        case, other = counted
        return float((case * (2 * np.cumsum(other) - other)).sum() / (2 * len(cases) * len(others)))
    cases, others = np.sort(cases), np.sort(others)
    below = np.searchsorted(others, cases, "left").sum() + np.searchsorted(others, cases, "right").sum()
    return float(below / (2 * len(cases) * len(others)))


def _counts(cases: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return how many hold each whole number from the least on, where they are few: counting needs no sorting."""
    low, high = min(cases.min(), others.min()), max(cases.max(), others.max())
    if high - low > FEW:
        return None
    case, other = (np.bincount((side - low).astype(np.intp), minlength=int(high - low) + 1) for side in (cases, others))
    return case, other


def _level_rates(place: np.ndarray, outcome: np.ndarray, min_rows: int = 10) -> np.ndarray:
    """Return the outcome rate at each row's level; a level with few rows would tell its own, so those are pooled."""
    level = place.astype(np.int64) + 1
    level[np.bincount(level)[level] < min_rows] = 0
    rate = np.bincount(level, weights=outcome) / np.maximum(np.bincount(level), 1)
    return rate[level]
