"""Fits for what was answered: one half, or no registers; chosen, calibrated and judged on the people who have it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eriq.config import Experiment
from eriq.features import Feature
from eriq.features.halves import Basis
from eriq.model.calibrator import Calibrator
from eriq.study.comparison.calibrated import as_saved, calibrator_of
from eriq.study.comparison.choose import choose, savable, why_not
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.evaluation.wanted import Wanted

Run = Callable[[Sequence[Contender], Design, Sequence[Fold]], np.ndarray]  # single models: see `run_repeats`
ONE_OUTCOME = "in some fold everybody who answered so much has the same outcome"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A fit for what was answered, with its forecasts for people it was not fitted on."""

    basis: Basis
    chosen: Contender
    rows: np.ndarray  # shape (n_rows,), which rows at home have these halves
    held: OutOfFold  # on those rows alone
    log_odds: np.ndarray  # of those rows, calibrated on other people
    calibrator: Calibrator
    not_saved: str = ""  # why it is not worth saving, where it is not

    @property
    def name(self) -> str:
        """How it is called in file names.

        Of both halves "both", of one its respondent; "-registers" where it takes them.
        """
        halves, registers = self.basis
        return ("both" if len(halves) > 1 else halves[0]) + "-registers" * registers


def whole_basis(home: OutOfFold, chosen: Contender, features: Sequence[Feature]) -> Judged:
    """Return the chosen contender as the fit for rows that have all it takes; it was fitted on all rows."""
    used = [f for f in features if f.name in chosen.columns]
    basis = tuple(sorted({f.half for f in used} - {""})), any(f.recorded for f in used)
    every = np.ones(len(home.design.outcome), dtype=bool)
    return Judged(basis, chosen, every, home, as_saved(home, chosen), calibrator_of(home, chosen))


def further_bases(
    home: OutOfFold, chosen: Contender, experiment: Experiment, features: Sequence[Feature], run: Run
) -> tuple[Judged, ...]:
    """Return a fit for every part of what the chosen contender takes, those that ask for most first.

    Each is learned from the rows that have its halves, the rest of each row masked, in the folds of the comparison,
    by every way of learning that was declared on the chosen one's columns, and chosen among these by the same rule.

    Parameters
    ----------
    home : OutOfFold
        On what the saved model is chosen and calibrated.
    chosen : Contender
    experiment : Experiment
    features : sequence of Feature
        All of the study.
    run : callable
        Gives the log-odds of single models, as `run_repeats` does.
    """
    halves = home.design.halves
    whole, parts = parted(chosen, features)
    if halves is None or not whole[0]:
        return ()
    estimators = [c.estimator for c in home.contenders if c.columns == chosen.columns and savable(c)]
    found: list[Judged] = []
    for some in dict.fromkeys(basis[0] for basis in parts):
        rows = np.asarray(halves[list(some)].to_numpy(bool).all(axis=1))
        sub = home.among(rows)
        folds = tuple(fold for fold in sub.folds if len(fold.test))
        contenders = {
            basis: tuple(
                Contender(f"{'+'.join(some)}{' + registers' * basis[1]} | {kind}", "+".join(some), kind, columns)
                for kind in estimators
            )
            for basis, columns in parts.items()
            if basis[0] == some
        }
        every = tuple(c for made in contenders.values() for c in made)
        if not folds or not all(_two_outcomes(sub.design, fold) for fold in folds):
            gaps = np.full(int(rows.sum()), np.nan)
            none = OutOfFold(every, sub.design, np.full((len(gaps), len(every)), np.nan), folds)
            found += [
                Judged(basis, made[0], rows, none, gaps, Calibrator(0.0, 1.0), ONE_OUTCOME)
                for basis, made in contenders.items()
            ]
            continue
        held = OutOfFold.of_repeats(every, sub.design, run(every, sub.design, folds), folds)
        found += [_judged(basis, made, rows, held, experiment) for basis, made in contenders.items()]
    order = list(parts)
    return tuple(sorted(found, key=lambda judged: order.index(judged.basis)))


def parted(chosen: Contender, features: Sequence[Feature]) -> tuple[Basis, dict[Basis, tuple[str, ...]]]:
    """Return what a contender takes, and every smaller basis that it can be cut to, with its columns.

    >>> some = [Feature("belief.cw11", "belief"), Feature("client.cl01", "client")]
    >>> parted(Contender("a", "questionnaire", "logistic", ("belief.cw11", "client.cl01")), some)[1]
    {(('caseworker',), False): ('belief.cw11',), (('client',), False): ('client.cl01',)}
    """
    used = {f.name: f for f in features if f.name in chosen.columns}
    halves = tuple(sorted({f.half for f in used.values()} - {""}))
    registers = any(f.recorded for f in used.values())
    sets = [halves, *((half,) for half in halves)] if len(halves) > 1 else [halves]
    cut = {
        (some, known): tuple(n for n in chosen.columns if (known if used[n].recorded else used[n].half in (*some, "")))
        for some in sets
        for known in ((True, False) if registers else (False,))
        if some
    }
    cut.pop((halves, registers), None)
    return (halves, registers), cut


def _two_outcomes(design: Design, fold: Fold) -> bool:
    known = fold.train[design.known[fold.train]]
    return len(np.unique(design.outcome[known])) == 2


def _judged(
    basis: Basis, contenders: tuple[Contender, ...], rows: np.ndarray, held: OutOfFold, experiment: Experiment
) -> Judged:
    """Return the one of several ways of learning that is chosen for a basis, calibrated on its own forecasts."""
    places = [held.contenders.index(c) for c in contenders]
    single = None if held.single is None else held.single[:, :, places]
    own = replace(held, contenders=contenders, log_odds=held.log_odds[:, places], single=single)
    chosen = contenders[0]
    if len(contenders) > 1:
        plan = experiment.intervals
        losses = own.forecasts().bootstrap(Wanted(("log_loss",)), replicates=plan.replicates, seed=experiment.seed)
        chosen = choose(contenders, losses)
    log_odds = as_saved(own, chosen)
    return Judged(basis, chosen, rows, own, log_odds, calibrator_of(own, chosen), why_not(own, log_odds))
