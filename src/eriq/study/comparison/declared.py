"""The difference declared in advance, fold by fold, with the fits that its interval needs beside those of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import FIXED, headline_pair
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.evaluation.fold_interval import FoldForecasts, FoldInterval, fold_interval, fold_pairs
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue
from eriq.study.learning.training import Begun, Learning, begin

Fits = Iterator[tuple[tuple[int, int], np.ndarray]]  # (contender, fold) by place, and its test rows' probabilities
CLUSTERS = {"caseworker": "caseworker_id", "job_centre": "job_centre"}


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared difference with an interval that covers refitting, or why there is none."""

    interval: FoldInterval | None
    words: str  # what the interval covers, or why it does not cover refitting
    few_people: bool = False  # fewer events than the least that the pair needs


@dataclass(frozen=True, slots=True, eq=False)
class PairFits:
    """The fits of the declared pair that an interval needs beside those of all, or why there is none."""

    without_two: Begun | None = None
    again: Begun | None = None  # every repeat of the pair's cross-validation, where there are several
    why: str = ""


def begin_declared(
    pair: tuple[Contender, Contender],
    design: Design,
    folds: Sequence[Fold],
    experiment: Experiment,
    learning: Learning,
    queue: Queue = HERE,
) -> PairFits:
    """Give the further fits of the declared pair, the contender without first, to a queue."""
    repeats = _repeats(folds)
    if experiment.validation.design not in ("grouped_kfold", "leave_one_centre_out"):
        return PairFits(why=f"{FIXED}: test periods and external sets do not train each other")
    if len(repeats[0]) < 3:
        return PairFits(why=f"{FIXED}: with fewer than three folds no two can be left out")
    again = begin(pair, design, folds, learning, queue) if len(repeats) > 1 else None
    return PairFits(begin(pair, design, _without_two(repeats[0]), learning, queue), again)


def declared_difference(
    held: OutOfFold,
    experiment: Experiment,
    learning: Learning,
    *,
    progress: Progress = silent,
    begun: PairFits | None = None,
) -> Declared:
    """Return the AUC difference of the headline's pair within test folds, with an interval that covers refitting.

    Beside the pair's own cross-validation it takes two fits per fold, each on fewer rows, in the first repeat; with
    several repeats the pair is run again, since only means over repeats were kept: in all at most twice the cost.
    Where folds do not train for each other, as in calendar time or on an external set, there is no such interval.
    """
    with_, without = headline_pair(experiment.headline, held.contenders)
    pair = (without, with_)
    begun = begun or begin_declared(pair, held.design, held.folds, experiment, learning)
    if begun.without_two is None:
        return Declared(None, begun.why)
    repeats, rows_in_all = _repeats(held.folds), len(held.design.outcome)
    if begun.again is None:
        forecast = np.stack([np.column_stack([held.of(c) for c in pair])])
    else:
        forecast = _again(begun.again.results(progress), held.folds, rows_in_all)
    without_two = _forecasts_for_both(begun.without_two, progress, len(repeats[0]), rows_in_all)
    cluster = clusters(held.design, experiment.intervals.cluster)
    rows = held.tested
    given = FoldForecasts(
        held.design.outcome[rows],
        cluster[rows],
        np.stack([_labels(folds, rows_in_all) for folds in repeats])[:, rows],
        forecast[:, rows],
        {key: made[rows] for key, made in without_two.items()},
        held.design.take(rows).judged().weight,
    )
    try:
        found = fold_interval(given, experiment.intervals.level)
    except ValueError as why:
        return Declared(None, f"{FIXED}: {why}")
    return Declared(found, f"over {_units(held.design, experiment)} and refits")


def _units(design: Design, experiment: Experiment) -> str:
    unit = experiment.intervals.cluster
    return "groups" if unit == "client" and design.group is not None else f"{unit.replace('_', ' ')}s"


def clusters(design: Design, unit: str) -> np.ndarray:
    """Return a code per row for the unit that varies from sample to sample; where it is not known, the client.

    Declared groups stand in the place of clients.
    """
    if unit == "client":
        return np.asarray(design.together)
    named = design.rows[CLUSTERS[unit]]
    codes, known = pd.factorize(named)
    return np.where(codes < 0, len(known) + design.client, codes)


def _repeats(folds: Sequence[Fold]) -> list[list[Fold]]:
    return [[fold for fold in folds if fold.repeat == r] for r in sorted({fold.repeat for fold in folds})]


def _labels(folds: Sequence[Fold], rows: int) -> np.ndarray:
    """Return which fold tests each row, -1 where none does."""
    label = np.full(rows, -1)
    for k, fold in enumerate(folds):
        label[fold.test] = k
    return label


def _again(fits: Fits, folds: Sequence[Fold], rows: int) -> np.ndarray:
    """Return the pair's forecasts of every repeat, of shape (repeats, rows, 2)."""
    order = {r: place for place, r in enumerate(sorted({fold.repeat for fold in folds}))}
    made = np.full((len(order), rows, 2), np.nan)
    for (c, f), forecast in fits:
        made[order[folds[f].repeat], folds[f].test, c] = forecast
    return made


def _without_two(folds: Sequence[Fold]) -> list[Fold]:
    """Return, per pair of folds, one that tests both and trains on what each of them could train on."""
    return [
        Fold(
            f"without folds {k + 1} and {other + 1}",
            0,
            np.intersect1d(folds[k].train, folds[other].train, assume_unique=True),
            np.union1d(folds[k].test, folds[other].test),
        )
        for k, other in fold_pairs(len(folds))
    ]


def _forecasts_for_both(
    begun: Begun, progress: Progress, n_folds: int, rows: int
) -> dict[tuple[int, int, int], np.ndarray]:
    """Return, per pair of folds, forecasts for both from the fits without them."""
    keys = [(0, k, other) for k, other in fold_pairs(n_folds)]
    made = {key: np.full((rows, 2), np.nan) for key in keys}
    for (c, f), forecast in begun.results(progress):
        made[keys[f]][begun.folds[f].test, c] = forecast
    return made
