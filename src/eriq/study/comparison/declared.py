"""The difference declared in advance, fold by fold, with the fits that its interval needs beside those of all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import FIXED, headline_pair
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.evaluation.fold_interval import FoldForecasts, FoldInterval, fold_interval, fold_pairs
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.training import Learning, run_folds

Fit = Callable[[Sequence[Fold]], Iterator[tuple[tuple[int, int], np.ndarray]]]  # what `run_folds` yields for the pair
CLUSTERS = {"caseworker": "caseworker_id", "job_centre": "job_centre"}


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared difference with an interval that covers refitting, or why there is none."""

    interval: FoldInterval | None
    words: str  # what the interval covers, or why it does not cover refitting
    few_people: bool = False  # fewer events than the least that the pair needs


def declared_difference(
    held: OutOfFold,
    experiment: Experiment,
    learning: Learning,
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> Declared:
    """Return the AUC difference of the headline's pair within test folds, with an interval that covers refitting.

    Beside the pair's own cross-validation it takes two fits per fold, each on fewer rows, in the first repeat; with
    several repeats the pair is run again, since only means over repeats were kept: in all at most twice the cost.
    Where folds do not train for each other, as in calendar time or on an external set, there is no such interval.
    """
    with_, without = headline_pair(experiment.headline, held.contenders)
    pair = (without, with_)
    repeats = _repeats(held.folds)
    first = repeats[0]
    if experiment.validation.design not in ("grouped_kfold", "leave_one_centre_out"):
        return Declared(None, f"{FIXED}: test periods and external sets do not train each other")
    if len(first) < 3:
        return Declared(None, f"{FIXED}: with fewer than three folds no two can be left out")
    rows_in_all = len(held.design.outcome)

    def fit(folds: Sequence[Fold]) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
        return run_folds(pair, held.design, folds, learning, workers=workers, progress=progress)

    if len(repeats) == 1:
        forecast = np.stack([np.column_stack([held.of(c) for c in pair])])
    else:
        forecast = _again(fit, held.folds, rows_in_all)
    without_two = _without_two(fit, first, rows_in_all)
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


def _again(fit: Fit, folds: Sequence[Fold], rows: int) -> np.ndarray:
    """Return the pair's forecasts of every repeat, of shape (repeats, rows, 2)."""
    order = {r: place for place, r in enumerate(sorted({fold.repeat for fold in folds}))}
    made = np.full((len(order), rows, 2), np.nan)
    for (c, f), forecast in fit(folds):
        made[order[folds[f].repeat], folds[f].test, c] = forecast
    return made


def _without_two(fit: Fit, folds: Sequence[Fold], rows: int) -> dict[tuple[int, int, int], np.ndarray]:
    """Return, per pair of folds, forecasts for both from fits on what each of them could train on."""
    pairs = fold_pairs(len(folds))
    both = [
        Fold(
            f"without folds {k + 1} and {other + 1}",
            0,
            np.intersect1d(folds[k].train, folds[other].train, assume_unique=True),
            np.union1d(folds[k].test, folds[other].test),
        )
        for k, other in pairs
    ]
    made = {(0, k, other): np.full((rows, 2), np.nan) for k, other in pairs}
    for (c, f), forecast in fit(both):
        made[(0, *pairs[f])][both[f].test, c] = forecast
    return made
