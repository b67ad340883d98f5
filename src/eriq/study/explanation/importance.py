"""How much items, respondents and blocks move the forecast, and what shuffling an item costs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from eriq.config.streams import stream
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import SENSITIVE_LABEL, units
from eriq.instrument.instrument import Instrument
from eriq.model.calibrator import expit
from eriq.model.linear import owners
from eriq.model.margin import raw_margin
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, kept_apart
from eriq.study.evaluation.metrics import auc
from eriq.study.explanation.explained import Contributions, Explained
from eriq.study.explanation.spread import around, ranks_around
from eriq.study.learning.queue import HERE, Given, Queue
from eriq.study.learning.training import Fitted, Learning, fit_part
from eriq.study.words import part_words
from eriq.tables.people import NO_ITEM

PERMUTED_FOLDS = 5  # most folds that are refitted for it
PERMUTED_ROWS = 20_000  # most rows of a fold that are forecast again for each column
PartFitted = tuple[Fold, Given[Fitted]]  # a fold, and a fit on its training rows


def begin_permutation(
    contender: Contender, design: Design, folds: Sequence[Fold], learning: Learning, queue: Queue = HERE
) -> tuple[PartFitted, ...]:
    """Give fits on the training rows of the first five folds of the first repeat to a queue.

    Raises
    ------
    LeakageError
        When training and test of a fold share what they may not.
    """
    some, rows = [fold for fold in folds if fold.repeat == 0][:PERMUTED_FOLDS], queue.share(design, Design.bare)
    for fold in some:
        kept_apart(design, fold, "permutation importance")
    return tuple((fold, queue.start(fit_part, contender, rows, learning, fold.train)) for fold in some)


def importance(explained: Explained, found: Contributions, begun: Sequence[PartFitted]) -> pd.DataFrame:
    """Return the mean absolute contribution of items, indicators, respondents and blocks, with rank and permutation.

    An indicator holds both voices: all items about it, whoever answers them. `begun` is what
    `begin_permutation` returned.
    """
    e = explained
    names, member = units(e.used)
    by_name = {f.name: f for f in e.used}
    features = [by_name.get(name) for name in names]  # health and justice share a unit that is no feature
    levels = {
        "item": names,
        "respondent": [f.respondent if f else "register" for f in features],
        "block": [part_words(f.part if f else "register_history") for f in features],
    }
    if e.instrument is not None:
        levels["indicator"] = [_indicator(f, e.instrument) for f in features]
    values, refits, share = found.model @ member, [v @ member for v in found.refits], e.experiment.intervals.level
    table = pd.concat([_level(level, groups, values, refits, share) for level, groups in levels.items()])
    falls = permutation(begun, e.design, member, e.experiment.seed)
    items = pd.DataFrame(falls, columns=["permutation", "permutation_low", "permutation_high"]).assign(
        level="item",
        name=names,
        label=[f.labels.in_("en") if f else SENSITIVE_LABEL.in_("en") for f in features],
        malleable=pd.array([f.malleable if f and f.item else None for f in features], dtype="boolean"),
    )
    table = table.merge(items, on=["level", "name"], how="left", validate="one_to_one")
    label = table["label"].fillna(table["name"])
    return table.assign(label=label, refits=len(refits)).sort_values(["level", "rank"], ignore_index=True)


def _indicator(feature: Feature | None, instrument: Instrument) -> str:
    """Return what an item is about; the part of the columns, where a column is no item."""
    if feature is None or feature.item not in instrument.by_id:
        return f"{NO_ITEM}{part_words(feature.part if feature else 'register_history')}"
    return instrument.indicators[instrument.by_id[str(feature.item)].indicator].in_("en")


def _level(
    level: str, groups: Sequence[str], values: np.ndarray, refits: Sequence[np.ndarray], share: float
) -> pd.DataFrame:
    """Return value, share and rank of each group of units, with the ends of their intervals."""
    order = list(dict.fromkeys(groups))
    gather = np.array([[group == name for name in order] for group in groups], dtype=float)
    value = np.abs(values @ gather).mean(axis=0)
    again = np.array([np.abs(v @ gather).mean(axis=0) for v in refits]).reshape(-1, len(order))
    low, high = around(value, again, share)
    first, last = ranks_around(value, again, share)
    return pd.DataFrame(
        {
            "level": level,
            "name": order,
            "value": value,
            "share": value / value.sum() if value.sum() else 0.0,
            "low": np.maximum(low, 0),
            "high": high,
            "rank": pd.Series(-value).rank(method="first").astype(int),
            "rank_low": first,
            "rank_high": last,
        }
    )


def permutation(
    begun: Sequence[PartFitted], design: Design, member: np.ndarray, seed: int
) -> list[tuple[float, float, float]]:
    """Return, per unit, how much the AUC on unseen people falls when its columns are shuffled together.

    Parameters
    ----------
    begun : sequence of (Fold, Given)
        As `begin_permutation` returns it.
    design : Design
    member : ndarray of shape (n_columns, n_units)
        As `units` returns it. Columns of one unit move with the same shuffle.
    seed : int

    Returns
    -------
    list of (mean, low, high)
        Over the folds; NaN where no fold tests both outcomes.
    """
    rng = stream(seed, "permutation")
    falls = []
    for fold, given in begun:
        fitted, test = given.result(), design.take(_some(fold, seed)).judged()
        if len(np.unique(test.outcome)) < 2:
            continue
        matrix = to_matrix(test.matrix, fitted.contender.columns).to_numpy()
        derived, owner, last = _opened(fitted.estimator, matrix)
        whole = auc(test.outcome, expit(raw_margin(last, derived)), test.weight)
        fall = []
        for unit in member.T:
            moved, shuffled = owner[:, unit > 0].any(axis=1), derived.copy()
            shuffled[:, moved] = derived[rng.permutation(len(derived))][:, moved]
            fall.append(whole - auc(test.outcome, expit(raw_margin(last, shuffled)), test.weight))
        falls.append(fall)
    if not falls:
        return [(np.nan, np.nan, np.nan)] * member.shape[1]
    table = np.array(falls)
    return list(zip(table.mean(axis=0), table.min(axis=0), table.max(axis=0), strict=True))


def _some(fold: Fold, seed: int) -> np.ndarray:
    """Return the test rows of a fold, by lot where there are more than tell a fall in AUC to its third digit."""
    if len(fold.test) <= PERMUTED_ROWS:
        return fold.test
    return np.sort(stream(seed, "permuted rows").permutation(fold.test)[:PERMUTED_ROWS])


def _opened(estimator: BaseEstimator, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, BaseEstimator]:
    """Return columns to be shuffled, which column of the matrix each comes from (0 or 1), and what forecasts from them.

    A pipeline makes its columns row by row and each from one, so that they are made once and shuffled themselves.
    """
    if not isinstance(estimator, Pipeline):
        return matrix, np.eye(matrix.shape[1]) > 0, estimator
    prepare = estimator.named_steps["prepare"]
    return prepare.transform(matrix), owners(prepare) > 0, estimator[1:]
