"""Who trains and who tests: people and time kept apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.config.streams import stream
from eriq.errors import CohortError, LeakageError
from eriq.study.design.design import Design


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Positions to train on and to test on; nobody is in both, unless time keeps the sides apart."""

    name: str
    repeat: int
    train: np.ndarray
    test: np.ndarray
    unit: str = ""  # "period" or "centre" where the test rows are one of those, and not drawn at random
    known_after: int | None = None  # days until an outcome is known, where earlier waves of tested clients may train


def apart(client: np.ndarray, train: np.ndarray, test: np.ndarray, step: str) -> None:
    """Raise LeakageError if any client is on both sides of `step`.

    >>> apart(np.array([7, 7, 8]), np.array([0, 1]), np.array([2]), "fold 1")
    >>> apart(np.array([7, 7, 8]), np.array([0, 2]), np.array([1]), "fold 1")
    Traceback (most recent call last):
    eriq.errors.LeakageError: fold 1: 1 client(s) are in training and in test
    """
    tested = client[test]
    both = tested[np.isin(tested, client[train])]
    if len(both):
        raise LeakageError(f"{step}: {len(np.unique(both))} client(s) are in training and in test")


def kept_apart(design: Design, fold: Fold, step: str) -> None:
    """Raise LeakageError if training and test of a fold share what they may not.

    That is a client; or, where a fold says that clients may be shared, a training row whose outcome was not known
    before the first day of the test: what nobody could have learned from on that day.

    >>> rows = pd.DataFrame({"client_id": [7, 7], "answered_on": pd.to_datetime(["2020-01-01", "2021-02-01"])})
    >>> fold = Fold("from 2021", 0, np.array([0]), np.array([1]), "period", known_after=396)
    >>> both = Design(rows, pd.DataFrame(index=rows.index), np.array([0, 1]), np.array([0, 0]))
    >>> kept_apart(both, fold, "fitting")
    >>> kept_apart(both, Fold("from 2021", 0, fold.train, fold.test, known_after=397), "fitting")
    Traceback (most recent call last):
    eriq.errors.LeakageError: fitting: the outcome of 1 training row(s) was not known when the test began
    """
    if fold.known_after is None:
        apart(design.client, fold.train, fold.test, step)
        apart(design.together, fold.train, fold.test, step)
        return
    day = design.rows["answered_on"]
    known = day.iloc[fold.train] + pd.Timedelta(days=fold.known_after) < day.iloc[fold.test].min()
    if not known.all():  # a row without a date is not known either
        raise LeakageError(
            f"{step}: the outcome of {int((~known).sum())} training row(s) was not known when the test began"
        )


def client_folds(
    outcome: np.ndarray, client: np.ndarray, n_folds: int, seed: int, known: np.ndarray | None = None
) -> np.ndarray:
    """Return the fold of each row: whole clients, the outcome spread evenly.

    Clients are dealt in random order within strata of (number of outcomes, number of rows), so
    each fold gets its share of people with one, two, ... positive rows.

    Parameters
    ----------
    outcome, client : ndarray of shape (n_rows,)
    n_folds : int
    seed : int
    known : ndarray of bool, shape (n_rows,), optional
        Rows whose outcome counts. Only they decide, so that the others change no fold; clients without such a row are
        dealt out by lot.

    Returns
    -------
    ndarray of int, shape (n_rows,)

    Raises
    ------
    CohortError
        When there are fewer clients with the outcome, or without it, than folds.
    """
    if known is not None and not known.all():
        return _with_censored(client, known, client_folds(outcome[known], client[known], n_folds, seed), seed)
    codes, row_client = np.unique(client, return_inverse=True)
    positives = np.bincount(row_client, weights=outcome)
    sizes = np.bincount(row_client)
    for count, words in ((int((positives > 0).sum()), "with"), (int((positives < sizes).sum()), "without")):
        if count < n_folds:
            raise CohortError(f"{count} client(s) {words} the outcome are too few for {n_folds} folds")
    shuffled = stream(seed, "folds", n_folds).permutation(len(codes))
    order = shuffled[np.lexsort((sizes[shuffled], positives[shuffled]))]
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % n_folds
    return fold[row_client]


def _with_censored(client: np.ndarray, known: np.ndarray, label: np.ndarray, seed: int) -> np.ndarray:
    """Return the fold of each row from the `label` of known rows: other rows go with their client, or by lot."""
    codes, row_client = np.unique(client, return_inverse=True)
    fold = np.full(len(codes), -1)
    fold[row_client[known]] = label
    rest = stream(seed, "folds of censored clients").permutation(np.flatnonzero(fold < 0))
    fold[rest] = np.arange(len(rest)) % (label.max() + 1)
    return fold[row_client]


def grouped_kfold(design: Design, n_folds: int, repeats: int, seed: int) -> list[Fold]:
    """Return `repeats` times `n_folds` folds of whole clients."""
    folds: list[Fold] = []
    for repeat in range(repeats):
        label = client_folds(design.outcome, design.together, n_folds, seed + repeat, design.known)
        folds += [
            Fold(f"fold {k + 1}", repeat, np.flatnonzero(label != k), np.flatnonzero(label == k))
            for k in range(n_folds)
        ]
    return _checked(design, folds)


def leave_one_centre_out(design: Design) -> list[Fold]:
    """Return one fold per job centre; clients seen at two centres never train for the other."""
    centre = design.rows["job_centre"]
    names = sorted(centre[design.known].dropna().unique())  # a centre without a known outcome tests nobody
    if len(names) < 2:
        raise CohortError("leave-one-job-centre-out needs at least two job centres in the answers")
    folds: list[Fold] = []
    for name in names:
        test = np.flatnonzero((centre == name).to_numpy(bool))
        outside = ~np.isin(design.together, design.together[test])
        folds.append(Fold(f"centre {len(folds) + 1}", 0, np.flatnonzero(outside), test, "centre"))
    return _checked(design, folds)


def rolling_origin(
    design: Design, origins: int, gap_days: int, clients: Literal["keep_matured", "apart"] = "keep_matured"
) -> list[Fold]:
    """Return folds in calendar time: train on what was known, test on the period after.

    The gap is as long as the outcome window, so every training outcome had been seen on the day the test period
    begins. Earlier waves of the clients tested then are known as well, and train as they would in use: leaving them out
    would take away those who are still there, who enter work more rarely.

    Parameters
    ----------
    design : Design
    origins : int
        Number of test periods.
    gap_days : int
        Days until an outcome is known.
    clients : {"keep_matured", "apart"}
        Whether waves whose outcome was known train for everybody, or not for clients of the test period.

    Raises
    ------
    CohortError
        When a date is missing, answers do not span more than the gap, or a period has no answers.
    """
    day = design.rows["answered_on"]
    if day.isna().any():
        raise CohortError("rolling-origin validation needs the date of every answer")
    first, last = day.min(), day.max()
    gap = pd.Timedelta(days=gap_days)
    if first + gap >= last:
        raise CohortError(
            f"answers span {(last - first).days} days; rolling origin needs more than the gap of {gap_days} days"
        )
    # The first quarter of what remains behind the gap trains the first origin.
    start = first + gap + (last - first - gap) * 0.25
    edges = [start + (last - start) * k / origins for k in range(origins)] + [last + pd.Timedelta(days=1)]
    folds: list[Fold] = []
    for k in range(origins):
        test = np.flatnonzero(((day >= edges[k]) & (day < edges[k + 1])).to_numpy(bool))
        if not len(test):
            raise CohortError(f"test period {k + 1} of {origins} has no answers; ask for fewer origins")
        known = (day < edges[k] - gap).to_numpy(bool)
        if clients == "apart":
            known = known & ~np.isin(design.together, design.together[test])
        after = gap_days if clients == "keep_matured" else None
        folds.append(Fold(f"from {edges[k]:%Y-%m-%d}", 0, np.flatnonzero(known), test, "period", after))
    return _checked(design, folds)


def external_fold(design: Design, external: np.ndarray | None) -> Fold:
    """Return the one fold that trains at home and tests on the fixed external set."""
    if external is None or not external.any():
        raise CohortError("validation on an external set needs rows of one")
    return _checked(design, [Fold("external set", 0, np.flatnonzero(~external), np.flatnonzero(external))])[0]


def _checked(design: Design, folds: list[Fold]) -> list[Fold]:
    """Return `folds` after checking that each can be trained on and keeps people, or time, apart."""
    for fold in folds:
        kept_apart(design, fold, fold.name)
        if len(np.unique(design.outcome[fold.train][design.known[fold.train]])) < 2:
            raise CohortError(f"{fold.name}: the training rows have one outcome only")
    return folds


def _of_known(design: Design, folds_of: Callable[[Design], list[Fold]]) -> list[Fold]:
    """Return folds of the rows whose outcome is known: what is censored now was not known at an earlier origin."""
    if design.weight is None:
        return folds_of(design)
    place = np.flatnonzero(design.known)
    return [replace(fold, train=place[fold.train], test=place[fold.test]) for fold in folds_of(design.judged())]


def make_folds(
    design: Design,
    experiment: Experiment,
    observe_days: int,
    kind: str | None = None,
    external: np.ndarray | None = None,
) -> list[Fold]:
    """Return the folds a config asks for; `external` is true for rows of the fixed external set."""
    plan = experiment.validation
    kind = kind or plan.design
    if kind == "external":
        return [external_fold(design, external)]
    if kind == "leave_one_centre_out":
        return leave_one_centre_out(design)
    if kind == "rolling_origin":
        return _of_known(design, lambda some: rolling_origin(some, plan.origins, observe_days, plan.rolling_clients))
    return grouped_kfold(design, plan.folds, plan.repeats, experiment.seed)
